//! Two machines, a network namespace each, and a cable between them.

use std::net::Ipv4Addr;

use crate::namespace::Namespace;

pub const CAMERA: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
pub const VIEWER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);

/// The camera's machine and the viewer's, with an Ethernet device `line` each, of the usual MTU.
pub fn cable() -> (Namespace, Namespace) {
    let (camera, viewer) = (Namespace::new(), Namespace::new());
    camera.tool(&format!(
        "ip link add line mtu 1500 type veth peer name line mtu 1500 netns {}",
        viewer.id
    ));
    put_up(&camera, &viewer);
    (camera, viewer)
}

/// Gives the devices `line` of both their addresses.
pub(super) fn put_up(camera: &Namespace, viewer: &Namespace) {
    for (namespace, own) in [(camera, CAMERA), (viewer, VIEWER)] {
        namespace.tool(&format!("ip addr add {own}/24 dev line"));
        namespace.tool("ip link set line up");
        // The congestion control of a Raspberry Pi, whatever this machine has.
        namespace.tool("ip route replace 10.77.0.0/24 dev line congctl cubic");
    }
}
