//! A network namespace of the test's own, without a name: a thread that lives in it, and nothing that stays behind when
//! the test ends, however it ends.

use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::gettid;

type Job = Box<dyn FnOnce() + Send>;

pub struct Namespace {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// The thread, as `ip` names a namespace.
    pub id: i32,
}

impl Namespace {
    pub fn new() -> Self {
        let (jobs, inbox) = channel::<Job>();
        let (tell_id, id) = channel();
        let thread = thread::spawn(move || {
            unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace: these tests need root");
            tell_id.send(gettid().as_raw()).expect("who asked waits");
            inbox.into_iter().for_each(|job| job());
        });
        let id = id.recv().expect("the namespace is there");
        let namespace = Self {
            jobs: Some(jobs),
            thread: Some(thread),
            id,
        };
        namespace.tool("ip link set lo up");
        namespace
    }

    /// Does something inside. Sockets that are made there stay there, and so do programs that are started there.
    pub fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let (tell, answer) = channel();
        let job = Box::new(move || {
            // Only a panic of the job leaves nobody to tell, or nothing to be told.
            let _ = tell.send(job());
        });
        let jobs = self.jobs.as_ref().expect("there until the end");
        jobs.send(job).expect("the thread lives");
        answer.recv().expect("the job inside the namespace failed")
    }

    /// Runs `ip` or `tc` inside.
    pub fn tool(&self, line: &str) {
        let line = line.to_owned();
        self.run(move || {
            let mut words = line.split_whitespace();
            let output = Command::new(words.next().expect("a program"))
                .args(words)
                .output()
                .unwrap_or_else(|error| panic!("{line}: {error}"));
            assert!(
                output.status.success(),
                "{line}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        });
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
