//! An emulated machine: a shell in it to give commands to, and its port 3333 on this machine's loopback.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use crate::initramfs;
use crate::kernel::Kernel;

/// These machines are shared, and the emulated one is slow.
pub const LONG: Duration = Duration::from_secs(300);

/// Ends the machine and removes its folder when the test process has ended, whose end closes its standard input.
const KEEPER: &str = r#"folder=$1; shift
nice qemu-system-x86_64 "$@" >"$folder/qemu.log" 2>&1 </dev/null &
cat >/dev/null
kill $! 2>/dev/null
wait
rm -rf "$folder""#;

pub struct Machine {
    shell: UnixStream,
    port: u16,
    folder: std::path::PathBuf,
    /// Its standard input is what holds the machine up.
    _keeper: Child,
}

/// What a command in the machine came to.
#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    pub output: String,
}

/// The one machine, for one test at a time.
pub fn machine() -> MutexGuard<'static, Machine> {
    static MACHINE: OnceLock<Mutex<Machine>> = OnceLock::new();
    let machine = MACHINE.get_or_init(|| Mutex::new(Machine::boot()));
    // A test that failed leaves nothing that its successor minds: each stops its stream.
    machine
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Machine {
    fn boot() -> Self {
        Self::start(512, |kernel, folder| {
            initramfs::write(kernel, folder, &folder.join("initramfs"));
            Vec::new()
        })
    }

    /// Starts a machine once `prepare` has written `initramfs` into the folder given; it returns further arguments for
    /// qemu. Waits for the shell.
    pub fn start(memory_mb: u32, prepare: impl FnOnce(&Kernel, &Path) -> Vec<String>) -> Self {
        let kernel = Kernel::fetch();
        let folder = tempfile::Builder::new()
            .prefix("picam-stream-v4l2-")
            .tempdir()
            .expect("a temporary folder");
        let more = prepare(&kernel, folder.path());
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(folder.path())
            .args(arguments(&kernel, folder.path(), port, memory_mb))
            .args(more)
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh starts");
        // From here on it is the keeper's to remove.
        let folder = folder.keep();
        let shell = connect(&folder);
        let mut machine = Self {
            shell,
            port,
            folder,
            _keeper: keeper,
        };
        machine.run("true");
        machine
    }

    /// The port of this machine that leads to its port 3333.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn console(&self) -> String {
        let read = |name| std::fs::read(self.folder.join(name)).unwrap_or_default();
        let bytes = [read("console"), read("qemu.log")].concat();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Runs a command line of the shell to its end.
    pub fn run(&mut self, command: &str) -> Outcome {
        let line = format!("{{ {command}\n}} </dev/null 2>&1; echo \"<END $?>\"\n");
        self.shell
            .write_all(line.as_bytes())
            .expect("the shell listens");
        let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
        let begun = Instant::now();
        loop {
            match self.shell.read(&mut chunk) {
                Ok(0) => panic!("the machine has ended: {}", self.console()),
                Ok(count) => bytes.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("reading from the shell: {error}; {}", self.console()),
            }
            let text = String::from_utf8_lossy(&bytes);
            if let Some((output, rest)) = text.rsplit_once("<END ")
                && let Some((status, _)) = rest.split_once('>')
            {
                return Outcome {
                    status: status.parse().expect("a number"),
                    output: output.to_owned(),
                };
            }
            assert!(
                begun.elapsed() < LONG,
                "{command:?} does not end; so far:\n{text}\nconsole:\n{}",
                self.console()
            );
        }
    }

    /// Runs a command line that has to succeed.
    pub fn good(&mut self, command: &str) -> String {
        let ended = self.run(command);
        assert_eq!(ended.status, 0, "{command}: {}", ended.output);
        ended.output
    }

    /// Runs the program to its end.
    pub fn program(&mut self, arguments: &str) -> Outcome {
        self.run(&format!("picam-stream {arguments}"))
    }

    /// Starts the program with a viewer outside. It ends with that viewer.
    pub fn stream(&mut self, arguments: &str) -> Stream<'_> {
        self.stream_with("", arguments)
    }

    /// The same with variables in its environment.
    pub fn stream_with(&mut self, environment: &str, arguments: &str) -> Stream<'_> {
        let started = self.run(&format!(
            "{environment} picam-stream {arguments} -o tcp://0.0.0.0:3333 -l -t 600000 2>/tmp/log & pid=$!\n\
             until netstat -ltn | grep -q :3333; do kill -0 $pid || break; sleep 0.1; done\n\
             kill -0 $pid"
        ));
        assert_eq!(started.status, 0, "{}", self.log());
        let viewer = TcpStream::connect(("127.0.0.1", self.port)).expect("the port is open");
        viewer.set_read_timeout(Some(LONG)).expect("a timeout");
        Stream {
            machine: self,
            viewer,
        }
    }

    pub fn log(&mut self) -> String {
        self.run("cat /tmp/log").output
    }
}

/// A program that streams.
pub struct Stream<'a> {
    pub machine: &'a mut Machine,
    viewer: TcpStream,
}

impl Stream<'_> {
    /// Reads at least so many bytes of the stream.
    pub fn read_at_least(&mut self, bytes: usize) -> Vec<u8> {
        let (mut stream, mut chunk) = (Vec::new(), [0; 65536]);
        while stream.len() < bytes {
            match self.viewer.read(&mut chunk) {
                Ok(count) if count > 0 => stream.extend_from_slice(&chunk[..count]),
                end => panic!(
                    "{end:?} after {} bytes; log:\n{}",
                    stream.len(),
                    self.machine.log()
                ),
            }
        }
        stream
    }

    /// Reads to the end of the stream.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let mut stream = Vec::new();
        if let Err(error) = self.viewer.read_to_end(&mut stream) {
            panic!("{error}; log:\n{}", self.machine.log());
        }
        stream
    }

    /// The program has to end after this signal; returns its exit status and its log.
    pub fn stop(self) -> Outcome {
        let ended = self.machine.run("kill $pid; wait $pid");
        Outcome {
            status: ended.status,
            output: self.machine.log(),
        }
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.machine.run("kill -9 $pid; wait $pid");
        }
    }
}

fn arguments(kernel: &Kernel, folder: &Path, port: u16, memory_mb: u32) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    let arguments = format!(
        "-accel tcg -cpu qemu64 -smp 2 -m {memory_mb} -nodefaults -display none -no-reboot \
         -netdev user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:3333 -device e1000,netdev=net,romfile= \
         -chardev file,id=console,path={} -serial chardev:console \
         -chardev socket,id=shell,path={},server=on,wait=off -device virtio-serial-pci -device virtserialport,chardev=shell \
         -kernel {} -initrd {}",
        file("console"),
        file("shell"),
        kernel.image.display(),
        file("initramfs")
    );
    let mut arguments: Vec<_> = arguments.split_whitespace().map(String::from).collect();
    arguments.extend([
        "-append".into(),
        "console=ttyS0 panic=-1 quiet net.ifnames=0".into(),
    ]);
    arguments
}

fn connect(folder: &Path) -> UnixStream {
    let begun = Instant::now();
    loop {
        match UnixStream::connect(folder.join("shell")) {
            Ok(shell) => {
                let timeout = Some(Duration::from_millis(200));
                shell.set_read_timeout(timeout).expect("a timeout");
                return shell;
            }
            Err(error) => assert!(
                begun.elapsed() < LONG,
                "qemu does not run: {error}; {}; tests/setup.sh installs what the tests need",
                std::fs::read_to_string(folder.join("qemu.log")).unwrap_or_default()
            ),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
