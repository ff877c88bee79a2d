//! The instances of a template unit, as their control groups show them: each is a folder, named after the unit, below that
//! of the template's slice.
//!
//! It is what every sandbox and every systemd from 232 on lets an instance see of the others: their processes are hidden
//! (ProtectProc), their users differ (DynamicUser), and there is no folder that all may write to. The name of an instance
//! that a socket unit has started holds both ends of the connection.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Where control groups are mounted, by the line in /proc/self/cgroup: one hierarchy for all (cgroups(7)), the same beside
/// the older ones, and systemd's own among the older ones.
const MOUNTS: [(&str, &str); 3] = [
    ("0::", "/sys/fs/cgroup"),
    ("0::", "/sys/fs/cgroup/unified"),
    (":name=systemd:", "/sys/fs/cgroup/systemd"),
];

const SUFFIX: &str = ".service";

/// The instance that this process belongs to.
#[derive(Debug)]
pub struct Instance {
    slice: PathBuf,
    name: String,
}

/// Another instance of the same template.
#[derive(Debug, PartialEq, Eq)]
pub struct Other {
    /// Its unit.
    pub name: String,
    /// When it was started.
    pub since: Option<SystemTime>,
}

impl Instance {
    /// Nothing where the process was not started by systemd as an instance of a template.
    pub fn own() -> Option<Self> {
        let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
        let folders = MOUNTS.iter().filter_map(|(hierarchy, mount)| {
            Some(Path::new(mount).join(group(&groups, hierarchy)?.trim_start_matches('/')))
        });
        folders.into_iter().find_map(|folder| Self::at(&folder))
    }

    fn at(folder: &Path) -> Option<Self> {
        let name = folder.file_name()?.to_str()?;
        template(name)?;
        let slice = folder.parent()?;
        slice.is_dir().then(|| Self {
            slice: slice.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The folder that all instances share: root's, readable by all, there as long as one of them is.
    pub fn slice(&self) -> &Path {
        &self.slice
    }

    /// The other instances, the oldest first.
    pub fn others(&self) -> Vec<Other> {
        let entries = fs::read_dir(&self.slice).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut others: Vec<Other> = names
            .filter(|name| *name != self.name && template(name) == template(&self.name))
            .map(|name| Other {
                since: fs::metadata(self.slice.join(&name))
                    .and_then(|folder| folder.modified())
                    .ok(),
                name,
            })
            .collect();
        others.sort_by_key(|other| counter(&other.name));
        others
    }

    /// Whether an instance is there that was started before this one.
    pub fn has_elder(&self) -> bool {
        let others = self.others();
        let eldest = others.first().map(|other| counter(&other.name));
        eldest.is_some_and(|eldest| eldest < counter(&self.name))
    }
}

impl Other {
    /// The viewer's address.
    pub fn viewer(&self) -> Option<&str> {
        viewer_of(&self.name)
    }
}

/// The viewer's address, from the name of an instance: a counter, then the connection's two ends.
pub fn viewer_of(name: &str) -> Option<&str> {
    let (_, instance) = name.strip_suffix(SUFFIX)?.split_once('@')?;
    let (_, viewer) = instance.rsplit_once('-')?;
    viewer.rsplit_once(':').map(|(address, _port)| address)
}

/// The path of a hierarchy in /proc/self/cgroup.
fn group<'a>(groups: &'a str, hierarchy: &str) -> Option<&'a str> {
    groups.lines().find_map(|line| {
        let (_, path) = line.split_once(hierarchy)?;
        (line.starts_with(hierarchy) || !hierarchy.starts_with('0')).then_some(path)
    })
}

/// What stands before the `@` of an instance's name.
fn template(name: &str) -> Option<&str> {
    let (template, instance) = name.strip_suffix(SUFFIX)?.split_once('@')?;
    (!instance.is_empty()).then_some(template)
}

/// The number that systemd has given to the connection.
fn counter(name: &str) -> u64 {
    let (_, instance) = name.split_once('@').unwrap_or_default();
    let digits = instance.split('-').next().unwrap_or_default();
    digits.parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_of_a_process_is_found_in_every_kind_of_hierarchy() {
        let path = "/system.slice/system-raspivid.slice/raspivid@3-::1:3333-::1:5.service";
        for (groups, hierarchy) in [
            (format!("0::{path}\n"), "0::"),
            (format!("10:cpu:/\n0::{path}\n"), "0::"),
            (format!("1:name=systemd:{path}\n0::/x\n"), ":name=systemd:"),
        ] {
            assert_eq!(group(&groups, hierarchy), Some(path), "{groups}");
        }
        assert_eq!(group("10::/x\n", "0::"), None);
    }

    #[test]
    fn the_other_instances_are_told_by_age_with_their_viewers() {
        let slice = tempfile::tempdir().unwrap();
        for name in [
            "raspivid@10-192.168.0.2:3333-192.168.0.9:50000.service",
            "raspivid@9-fd00::2:3333-fd00::1:50001.service",
            "raspivid@11-127.0.0.1:3333-127.0.0.1:50002.service",
            "garden@1-127.0.0.1:3334-127.0.0.1:50003.service",
            "other.service",
        ] {
            fs::create_dir(slice.path().join(name)).unwrap();
        }
        let own = slice
            .path()
            .join("raspivid@11-127.0.0.1:3333-127.0.0.1:50002.service");
        let others = Instance::at(&own).unwrap().others();
        let viewers: Vec<_> = others.iter().map(Other::viewer).collect();
        assert_eq!(viewers, [Some("fd00::1"), Some("192.168.0.9")]);
        assert!(others.iter().all(|other| other.since.is_some()));
    }

    #[test]
    fn what_is_no_instance_of_a_template_has_no_others() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "raspivid.service",
            "user.slice",
            "raspivid@.service",
            "raspivid@1",
        ] {
            assert!(Instance::at(&folder.path().join(name)).is_none(), "{name}");
        }
    }
}
