//! Processes that are killed at random and started again.
//!
//! A kill is SIGKILL: the process gets no chance to tidy up, as when a container is evicted or the machine's memory runs
//! out. What it held, it holds no more; what it wrote, stays.

mod child;

use std::collections::BTreeMap;
use std::io::{self, Error};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use fastrand::Rng;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tempfile::TempDir;

use child::{End, StormChild};

/// Between two kills: long enough to get something done, short enough to be in the middle of it.
const MILLISECONDS: RangeInclusive<u64> = 4..=60;

/// A program that runs some times at once.
#[derive(Clone, Debug)]
pub struct Role {
    /// What it is called in counts and errors.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What is added to the environment of this process.
    pub environment: Vec<(String, String)>,
    /// How many of it run.
    pub count: usize,
}

/// What happened to the processes of a role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many were started.
    pub started: usize,
    /// How many were killed by the storm, without those that its end has ended.
    pub killed: usize,
    /// How many came to their end by themselves, with code 0.
    pub finished: usize,
}

/// Processes that are kept alive, and killed. Dropped, all of them are killed.
#[derive(Debug)]
pub struct Storm {
    seed: u64,
    random: Rng,
    roles: Vec<Role>,
    children: Vec<StormChild>,
    counts: BTreeMap<String, Counts>,
    /// What the processes print as errors.
    folder: TempDir,
}

impl Storm {
    /// Starts all processes. The seed decides who is killed when.
    ///
    /// # Errors
    ///
    /// A program cannot be started.
    pub fn start(roles: Vec<Role>, seed: u64) -> io::Result<Self> {
        let mut storm = Self {
            seed,
            random: Rng::with_seed(seed),
            roles,
            children: Vec::new(),
            counts: BTreeMap::new(),
            folder: tempfile::Builder::new()
                .prefix("aftercommit-storm-")
                .tempdir()?,
        };
        for role in 0..storm.roles.len() {
            for number in 0..storm.roles[role].count {
                let child = storm.start_child(role, number)?;
                storm.children.push(child);
            }
        }
        Ok(storm)
    }

    /// Kills so many processes, one at a time, each of which is started again at once.
    ///
    /// # Errors
    ///
    /// A process ended by itself, and not with code 0; the text has its role, its code and what it said. Or one cannot
    /// be started again, or there is none to kill.
    pub fn rage(&mut self, kills: usize) -> io::Result<()> {
        let mut done = 0;
        while done < kills {
            let pause = self.random.u64(MILLISECONDS);
            self.keep_alive(Duration::from_millis(pause))?;
            let victim = self.choose()?;
            match self.children[victim].kill()? {
                None => {
                    let role = self.children[victim].role;
                    self.counts_of(role).killed += 1;
                    done += 1;
                }
                // It was done in the very moment: nothing was interrupted.
                Some(end) => self.judge(&end)?,
            }
            self.start_again(victim)?;
        }
        Ok(())
    }

    /// Lets everything run for a while. Whoever comes to its end by itself, with code 0, is started again.
    ///
    /// # Errors
    ///
    /// As [`rage`](Self::rage).
    pub fn keep_alive(&mut self, time: Duration) -> io::Result<()> {
        let until = Instant::now() + time;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            for ended in self.wait_for_ends(left)? {
                let end = self.children[ended].reap()?;
                self.judge(&end)?;
                self.start_again(ended)?;
            }
        }
    }

    /// Stops a process of a role in its tracks, and returns when it stands still. It is not killed while it does.
    ///
    /// # Errors
    ///
    /// There is no such process, or it has ended.
    pub fn pause(&mut self, role: &str, number: usize) -> io::Result<()> {
        self.find(role, number)?.pause()
    }

    /// Lets a paused process go on.
    ///
    /// # Errors
    ///
    /// There is no such process, or it has ended.
    pub fn resume(&mut self, role: &str, number: usize) -> io::Result<()> {
        self.find(role, number)?.resume()
    }

    /// Kills the processes of a role for good, such as the clients, so that the workers can catch up.
    ///
    /// # Errors
    ///
    /// One had ended by itself, and not with code 0.
    pub fn dismiss(&mut self, role: &str) -> io::Result<()> {
        let belongs = |child: &mut StormChild| self.roles[child.role].name == role;
        let gone: Vec<StormChild> = self.children.extract_if(.., belongs).collect();
        for mut child in gone {
            if let Some(end) = child.kill()? {
                self.judge(&end)?;
            }
        }
        Ok(())
    }

    /// The ids of a role's processes, by number.
    pub fn pids(&self, role: &str) -> Vec<u32> {
        let of_role = |child: &&StormChild| self.roles[child.role].name == role;
        self.children
            .iter()
            .filter(of_role)
            .map(StormChild::pid)
            .collect()
    }

    /// Kills all processes for good, and says what has happened, by role.
    ///
    /// # Errors
    ///
    /// As [`dismiss`](Self::dismiss).
    pub fn end(mut self) -> io::Result<BTreeMap<String, Counts>> {
        for role in self.roles.clone() {
            self.dismiss(&role.name)?;
        }
        Ok(std::mem::take(&mut self.counts))
    }

    fn choose(&mut self) -> io::Result<usize> {
        let awake: Vec<usize> = (0..self.children.len())
            .filter(|at| !self.children[*at].is_paused())
            .collect();
        self.random.choice(awake).ok_or_else(|| {
            Error::other("there is nobody to kill: all processes are paused or dismissed")
        })
    }

    fn start_child(&mut self, role: usize, number: usize) -> io::Result<StormChild> {
        let child = StormChild::start(role, &self.roles[role], number, self.folder.path())?;
        self.counts_of(role).started += 1;
        Ok(child)
    }

    /// In the place of one that has ended.
    fn start_again(&mut self, at: usize) -> io::Result<()> {
        let (role, number) = (self.children[at].role, self.children[at].number);
        self.children[at] = self.start_child(role, number)?;
        Ok(())
    }

    /// Takes note of one that has come to its end by itself.
    fn judge(&mut self, end: &End) -> io::Result<()> {
        if end.status.success() {
            self.counts_of(end.role).finished += 1;
            return Ok(());
        }
        let (name, seed) = (&self.roles[end.role].name, self.seed);
        Err(Error::other(format!(
            "a process of the role {name} ended by itself with {} (seed {seed}): {}",
            end.status, end.said
        )))
    }

    /// Returns when one has ended, or the time is over.
    fn wait_for_ends(&self, time: Duration) -> io::Result<Vec<usize>> {
        let mut ends: Vec<PollFd<'_>> = self
            .children
            .iter()
            .map(|child| PollFd::new(child.end(), PollFlags::IN))
            .collect();
        let time = Timespec::try_from(time).map_err(Error::other)?;
        match poll(&mut ends, Some(&time)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok((0..ends.len())
            .filter(|at| !ends[*at].revents().is_empty())
            .collect())
    }

    fn find(&mut self, role: &str, number: usize) -> io::Result<&mut StormChild> {
        let roles = &self.roles;
        self.children
            .iter_mut()
            .find(|child| roles[child.role].name == role && child.number == number)
            .ok_or_else(|| Error::other(format!("no process {number} of the role {role} runs")))
    }

    fn counts_of(&mut self, role: usize) -> &mut Counts {
        self.counts
            .entry(self.roles[role].name.clone())
            .or_default()
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod books;
