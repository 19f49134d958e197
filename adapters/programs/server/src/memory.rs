//! How much memory this process may have.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::system::sysinfo;

/// Returns the bytes that the machine has, or fewer if the process is in a control group with a bound
/// of its own.
pub(crate) fn allowed() -> usize {
    // A service may not see /proc/meminfo, so ask the kernel. In 32 bits no process has it all.
    let machine = sysinfo();
    let bytes = u64::from(machine.mem_unit).saturating_mul(machine.totalram);
    allowed_below(Path::new("/"), usize::try_from(bytes).unwrap_or(usize::MAX))
}

fn allowed_below(root: &Path, machine: usize) -> usize {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let bounds = groups.lines().flat_map(|line| bounds_of(root, line));
    bounds.fold(machine, usize::min)
}

/// The bounds of a control group and of those that it is in. A line is `ID:CONTROLLERS:PATH`, with no
/// controllers in version 2. Within a container the path may be one of the host's, where only the
/// root of what is mounted is the group's own.
fn bounds_of(root: &Path, line: &str) -> Vec<usize> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { return Vec::new() };
    let (mount, file) = match controllers {
        "" => ("sys/fs/cgroup", "memory.max"),
        _ if controllers.split(',').any(|one| one == "memory") => {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return Vec::new(),
    };
    let mount = root.join(mount);
    let group = mount.join(path.trim_start_matches('/'));
    let groups = group.ancestors().take_while(|group| group.starts_with(&mount));
    groups.filter_map(|group| bound(group.join(file))).collect()
}

/// Without a bound the file has `max`, or a number larger than any memory.
fn bound(file: PathBuf) -> Option<usize> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    const MIB: usize = 1 << 20;

    /// What is allowed on a machine with 16 MiB and these files.
    fn allowed_with(name: &str, files: &[(&str, &str)]) -> usize {
        let root = env::temp_dir().join(format!("metric-memory-{}-{name}", process::id()));
        fs::create_dir_all(&root).unwrap();
        for (file, text) in files {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let allowed = allowed_below(&root, 16 * MIB);
        fs::remove_dir_all(root).unwrap();
        allowed
    }

    #[test]
    fn the_least_of_machine_and_control_groups_is_allowed() {
        assert_eq!(allowed_with("none", &[]), 16 * MIB);
        let inner = ("sys/fs/cgroup/system.slice/metric.service/memory.max", "max\n");
        let outer = ("sys/fs/cgroup/system.slice/memory.max", "4194304\n");
        let line = ("proc/self/cgroup", "0::/system.slice/metric.service\n");
        assert_eq!(allowed_with("outer", &[line, inner, outer]), 4 * MIB);
        let inner = (inner.0, "2097152\n");
        assert_eq!(allowed_with("inner", &[line, inner, outer]), 2 * MIB);
        let host = ("proc/self/cgroup", "0::/../../host/path\n");
        let root = ("sys/fs/cgroup/memory.max", "3145728\n");
        assert_eq!(allowed_with("container", &[host, root]), 3 * MIB);
        let old = ("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/a\n");
        let limit = ("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1048576\n");
        let top = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(allowed_with("old", &[old, limit, top]), MIB);
        assert!(allowed() > MIB);
    }
}
