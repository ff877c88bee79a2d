//! What the library knows of each object that a program holds a pointer to, by address: so that a wrong pointer, a
//! second release or something left over is noticed instead of crashing. Nothing here follows a pointer.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::c_void;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, ThreadId};

use crate::abi::{PoolCallback, PortCallback, PortType, PreReleaseCallback};
use crate::firmware::PortModel;

/// All that lives, by address.
pub struct World {
    pub components: BTreeMap<usize, ComponentState>,
    pub ports: BTreeMap<usize, PortState>,
    pub pools: BTreeMap<usize, PoolState>,
    pub queues: BTreeMap<usize, VecDeque<usize>>,
    pub buffers: BTreeMap<usize, BufferState>,
    pub connections: BTreeMap<usize, ConnectionState>,
}

pub struct ComponentState {
    pub name: String,
    pub references: u32,
    /// Payloads that were allocated for its ports: while there are any, the component stays.
    pub payloads: u32,
    pub is_enabled: bool,
    pub ports: Vec<usize>,
    pub events: usize,
}

pub struct PortState {
    pub component: usize,
    pub component_name: String,
    pub kind: PortType,
    pub index: u32,
    pub format: usize,
    pub firmware: PortModel,
    pub is_enabled: bool,
    /// On its way to be disabled: what is sent meanwhile is refused, without being a mistake.
    pub is_closing: bool,
    pub callback: PortCallback,
    pub connected: Option<usize>,
    pub parameters: BTreeMap<u32, Vec<u8>>,
    pub wants_key: bool,
    /// Most buffers that may be with the firmware.
    pub limit: usize,
    pub queued: VecDeque<usize>,
    /// Callbacks that are running.
    pub running: u32,
    pub player: Option<JoinHandle<()>>,
    pub player_id: Option<ThreadId>,
}

pub struct PoolState {
    pub queue: usize,
    pub buffers: Vec<usize>,
    pub payload_size: u32,
    pub callback: PoolCallback,
    pub userdata: Address,
    /// The port that allocated the payloads.
    pub port: Option<usize>,
}

pub struct BufferState {
    pub pool: usize,
    pub references: u32,
    pub place: Place,
    pub pre_release: PreReleaseCallback,
    pub userdata: Address,
    pub payload_size: u32,
    pub payload: usize,
    /// The buffer of which this one is a replica.
    pub original: Option<usize>,
}

/// Who has a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Queue,
    Program,
    Port,
}

pub struct ConnectionState {
    pub references: u32,
}

/// A pointer of the program that is only handed back to it.
#[derive(Clone, Copy)]
pub struct Address(pub usize);

impl Address {
    pub fn of(pointer: *mut c_void) -> Address {
        Address(pointer.expose_provenance())
    }

    pub fn pointer(self) -> *mut c_void {
        std::ptr::with_exposed_provenance_mut(self.0)
    }
}

static WORLD: Mutex<World> = Mutex::new(World {
    components: BTreeMap::new(),
    ports: BTreeMap::new(),
    pools: BTreeMap::new(),
    queues: BTreeMap::new(),
    buffers: BTreeMap::new(),
    connections: BTreeMap::new(),
});

/// Signalled at each change that a thread may wait for.
pub static CHANGED: Condvar = Condvar::new();

/// Everything, locked. Never held while a callback of the program runs.
pub fn world() -> MutexGuard<'static, World> {
    WORLD.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PortState {
    /// The port's name in a trace.
    pub fn line_name(&self) -> String {
        format!("{} {}", self.component_name, self.short_name())
    }

    pub fn short_name(&self) -> String {
        let kind = match self.kind {
            PortType::Control => "control",
            PortType::Input => "in",
            PortType::Output => "out",
        };
        format!("{kind}:{}", self.index)
    }

    /// Whether a boolean parameter was set to true.
    pub fn is_set(&self, id: u32) -> bool {
        self.parameters
            .get(&id)
            .is_some_and(|payload| payload.iter().any(|&byte| byte != 0))
    }
}

impl World {
    /// What the program has not given back, in words.
    pub fn left_over(&self) -> Vec<String> {
        let components = self.components.values().map(|it| match it.references {
            0 => format!(
                "component {} not destroyed: a pool of one of its ports still exists",
                it.name
            ),
            _ => format!("component {} not destroyed", it.name),
        });
        let enabled = self
            .ports
            .values()
            .filter(|port| port.is_enabled && port.kind != PortType::Control);
        let enabled = enabled.map(|port| format!("port {} still enabled", port.line_name()));
        let connections = self.connections.len();
        let connections =
            (connections > 0).then(|| format!("connections not destroyed: {connections}"));
        let events: Vec<usize> = self.components.values().map(|it| it.events).collect();
        let pools = self
            .pools
            .keys()
            .filter(|pool| !events.contains(pool))
            .count();
        let pools = (pools > 0).then(|| format!("pools not destroyed: {pools}"));
        enabled
            .chain(connections)
            .chain(pools)
            .chain(components)
            .collect()
    }

    /// The port of a component by kind and number.
    pub fn port_of(&self, component: usize, kind: PortType, index: u32) -> Option<&PortState> {
        let ports = &self.components.get(&component)?.ports;
        ports
            .iter()
            .filter_map(|port| self.ports.get(port))
            .find(|port| port.kind == kind && port.index == index)
    }
}
