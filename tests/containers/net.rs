//! A network namespace, and doing things in it.
//!
//! Every container has a network of its own, so each can have port 3333. A viewer connects from inside that network, or
//! from a second one that a pair of virtual interfaces joins to it, as a cable would.

use nix::sched::{CloneFlags, setns, unshare};
use std::fs::File;
use std::thread;
use test_support::commands::{command, run};

/// A network namespace; it is gone when this and all that run in it are.
pub struct Net(File);

impl Net {
    /// The one that process `pid` has.
    pub fn of(pid: u32) -> Net {
        Net(File::open(format!("/proc/{pid}/ns/net")).unwrap())
    }

    /// A new and empty one.
    pub fn new() -> Net {
        let make = || {
            unshare(CloneFlags::CLONE_NEWNET).unwrap();
            Net(File::open("/proc/thread-self/ns/net").unwrap())
        };
        thread::scope(|scope| scope.spawn(make).join().unwrap())
    }

    /// Does `work` there. Sockets that it opens and processes that it starts stay there.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let inside = || {
            setns(&self.0, CloneFlags::CLONE_NEWNET).unwrap();
            work()
        };
        thread::scope(|scope| match scope.spawn(inside).join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }

    /// Lays a cable to the network of process `pid`: here 10.0.0.1 and fd00::1, there 10.0.0.2 and fd00::2.
    pub fn lay_cable(&self, pid: u32) {
        self.ip(&format!(
            "link add cable type veth peer name cable netns {pid}"
        ));
        self.give_address(1);
        Net::of(pid).give_address(2);
    }

    /// Pulls the cable out, or plugs it in again.
    pub fn plug_cable(&self, state: &str) {
        self.ip(&format!("link set cable {state}"));
    }

    fn give_address(&self, host: u8) {
        self.ip(&format!("addr add 10.0.0.{host}/24 dev cable"));
        self.ip(&format!("addr add fd00::{host}/64 dev cable nodad"));
        self.ip("link set cable up");
    }

    fn ip(&self, arguments: &str) {
        self.run(|| run(command("ip").args(arguments.split(' '))).good());
    }
}
