//! Choices: all of them, one run after the other, or random ones.

use fastrand::Rng;

/// What is chosen in a run.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    /// What was chosen of how many.
    made: Vec<(usize, usize)>,
    /// How many are to be made as before.
    fixed: usize,
    random: Option<Rng>,
}

impl Choices {
    /// Begins with the first of everything.
    pub(crate) fn all() -> Self {
        Self { made: Vec::new(), fixed: 0, random: None }
    }

    pub(crate) fn random(seed: u64) -> Self {
        Self { random: Some(Rng::with_seed(seed)), ..Self::all() }
    }

    /// Chooses a number below `of`, which is not zero.
    pub(crate) fn choose(&mut self, of: usize) -> usize {
        if let Some(random) = &mut self.random {
            return random.usize(..of);
        }
        let at = self.fixed;
        self.fixed += 1;
        if let Some(&(made, before)) = self.made.get(at) {
            assert_eq!(before, of, "a run depends on something that was not chosen");
            return made;
        }
        self.made.push((0, of));
        0
    }

    /// Returns the choices of the next run, if there is one.
    pub(crate) fn next(mut self) -> Option<Self> {
        while let Some((made, of)) = self.made.pop() {
            if made + 1 < of {
                self.made.push((made + 1, of));
                return Some(Self { fixed: 0, ..self });
            }
        }
        None
    }
}

#[test]
fn all_choices_are_made_once() {
    let (mut choices, mut runs) = (Choices::all(), Vec::new());
    loop {
        let first = choices.choose(2);
        runs.push((first, if first == 1 { choices.choose(3) } else { 0 }));
        let Some(next) = choices.next() else { break };
        choices = next;
    }
    assert_eq!(runs, [(0, 0), (1, 0), (1, 1), (1, 2)]);
}
