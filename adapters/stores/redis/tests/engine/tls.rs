//! Engines with TLS.

use std::path::{Path, PathBuf};
use std::time::Duration;

use metric_proto::{Key, Refused, Sample, Store};
use metric_redis::{Engine, Settings};
use metric_tests::store_suite::check_unbounded_store;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use crate::awaited::Awaited;
use crate::plain::tiny;
use crate::servers::{Cluster, Plain, Server, can_start};

/// An authority, and a certificate of it for 127.0.0.1, which the engine and its clients have.
struct Authority(TempDir);

impl Authority {
    fn new() -> Self {
        let authority = Self(tempfile::tempdir().expect("a directory"));
        let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut ca = CertificateParams::new(vec![]).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Unlike that of its certificate, which would otherwise seem to be its own authority.
        ca.distinguished_name.push(DnType::CommonName, "authority");
        authority.write("ca.pem", &ca.self_signed(&ca_key).unwrap().pem());
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let issuer = Issuer::new(ca, ca_key);
        authority.write("cert.pem", &certificate.signed_by(&key, &issuer).unwrap().pem());
        authority.write("key.pem", &key.serialize_pem());
        authority
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).expect("it is written");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).expect("it is there")
    }

    /// Returns the options of a server.
    fn options(&self) -> Vec<String> {
        let file = |name: &str| Path::to_str(&self.file(name)).expect("a plain path").to_owned();
        let files = [
            ("--tls-ca-cert-file", "ca.pem"),
            ("--tls-cert-file", "cert.pem"),
            ("--tls-key-file", "key.pem"),
        ];
        files.iter().flat_map(|&(option, name)| [option.to_owned(), file(name)]).collect()
    }
}

/// Returns settings that trust `trusted` and show the certificate of `shown`.
fn settings(servers: &[&Server], trusted: &Authority, shown: Option<&Authority>) -> Settings {
    let seeds: Vec<_> =
        servers.iter().map(|server| format!("127.0.0.1:{}", server.secure)).collect();
    let mut settings = Settings::parse(&format!("rediss://{}", seeds.join(","))).unwrap();
    let tls = settings.tls_mut().expect("its URL has TLS");
    tls.trust(&trusted.read("ca.pem")).unwrap();
    if let Some(own) = shown {
        tls.show(&own.read("cert.pem"), &own.read("key.pem")).unwrap();
    }
    settings.patience = Duration::from_secs(10);
    settings
}

#[test]
fn the_store_passes_the_suite_over_tls() {
    if !can_start() {
        return;
    }
    let authority = Authority::new();
    let options = authority.options();
    let plain = Plain::start(&options.iter().map(String::as_str).collect::<Vec<_>>());
    let settings = settings(&[&plain.server], &authority, Some(&authority));
    check_unbounded_store(1, || Awaited::new(&Engine::open(tiny(settings.clone()))));
}

#[test]
fn an_engine_and_a_server_that_do_not_trust_each_other_store_nothing() {
    if !can_start() {
        return;
    }
    let (authority, other) = (Authority::new(), Authority::new());
    let options = authority.options();
    let plain = Plain::start(&options.iter().map(String::as_str).collect::<Vec<_>>());
    for (trusted, shown) in
        [(&authority, None), (&authority, Some(&other)), (&other, Some(&authority))]
    {
        let mut settings = settings(&[&plain.server], trusted, shown);
        settings.patience = Duration::from_millis(300);
        let mut store = Awaited::new(&Engine::open(settings));
        let (key, sample) = (Key::new("a").unwrap(), Sample::new(1.0, 1).unwrap());
        assert_eq!(store.put(key, sample), Err(Refused::Unavailable));
    }
    assert_eq!(plain.server.tell(&["DBSIZE"]), "int(0)");
}

#[test]
fn the_servers_of_a_cluster_are_found_over_tls() {
    if !can_start() {
        return;
    }
    let authority = Authority::new();
    let mut options = authority.options();
    options.extend(["--tls-cluster", "yes", "--tls-replication", "yes"].map(str::to_owned));
    let cluster = Cluster::start(&options.iter().map(String::as_str).collect::<Vec<_>>());
    let settings = settings(&[&cluster.servers[0]], &authority, Some(&authority));
    check_unbounded_store(1, || Awaited::new(&Engine::open(tiny(settings.clone()))));
}
