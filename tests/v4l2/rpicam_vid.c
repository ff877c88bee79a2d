/* Stands in for rpicam-vid (1.8 or later) in the service's sandbox: does what libcamera needs, says on standard error what
 * it could do and what not, plays a recording with a line for each frame, and ends on SIGINT. Static, so that the machine
 * needs nothing for it. tests/support/stand_in.py knows the program's versions and options; this one knows one. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECORDING "/usr/share/recording"

static const char *const options[] = { "bitrate", "codec", "encoder-libs", "flush", "framerate", "height", "inline", "intra",
	"libav-format", "low-latency", "nopreview", "output", "profile", "save-pts", "timeout", "width" };
static unsigned char picture[4 << 20];
static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static void tell(int result, const char *what)
{
	if (result < 0)
		fprintf(stderr, "refused: %s: %s\n", what, strerrorname_np(errno));
	else
		fprintf(stderr, "granted: %s\n", what);
}

static void tell_open(const char *path, int flags)
{
	tell(open(path, flags | O_CLOEXEC), path);
}

static void *nothing(void *unused)
{
	return unused;
}

/* The socket on which libudev hears of new devices: group 1 is the kernel's, 2 that of udevd. */
static int listen_for_devices(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 2 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	return fd < 0 ? fd : bind(fd, (struct sockaddr *)&address, sizeof(address));
}

static void try_all(void)
{
	pthread_t thread;

	tell(listen_for_devices(), "uevents");
	tell(socket(AF_INET, SOCK_STREAM, 0), "internet");
	tell(-(errno = pthread_create(&thread, NULL, nothing, NULL)), "thread");
	tell(memfd_create("shared", MFD_CLOEXEC), "shared memory");
	tell_open("/dev/media0", O_RDWR);
	tell_open("/dev/video0", O_RDWR);
	tell_open("/run/udev/data", O_RDONLY | O_DIRECTORY);
	tell_open("/proc/cpuinfo", O_RDONLY);
	tell_open("/dev/vda", O_RDONLY);
}

static int play(const char *output, const char *times)
{
	int stream = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	FILE *lines = fopen(times, "w"), *recording = fopen(RECORDING, "r");
	uint32_t length;
	unsigned index = 0;

	tell(stream, "output");
	tell(lines ? 0 : -1, "times");
	if (stream < 0 || !lines || !recording)
		return 255;
	fprintf(lines, "# timecode format v2\n");
	while (!interrupted) {
		if (fread(&length, sizeof(length), 1, recording) != 1) {
			rewind(recording);
			continue;
		}
		if (length > sizeof(picture) || fread(picture, length, 1, recording) != 1)
			return 254;
		if (write(stream, picture, length) != (ssize_t)length)
			return 253;
		fprintf(lines, "%u.%03u\n", index * 1000 / 15, index * 1000000 / 15 % 1000);
		fflush(lines);
		index++;
		usleep(66000);
	}
	fprintf(stderr, "stopped by SIGINT\n");
	return 0;
}

int main(int argc, char **argv)
{
	const char *output = "-", *times = "";

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help")) {
			for (size_t at = 0; at < sizeof(options) / sizeof(*options); at++)
				printf("  --%s arg\n", options[at]);
			return 0;
		}
		if (!strcmp(argv[i], "--version")) {
			puts("rpicam-apps build: v1.8.1 0123456789ab 01-02-2025 (03:04:05)");
			return 0;
		}
		if (!strcmp(argv[i], "--output") && i + 1 < argc)
			output = argv[i + 1];
		if (!strcmp(argv[i], "--save-pts") && i + 1 < argc)
			times = argv[i + 1];
	}
	signal(SIGINT, on_interrupt);
	try_all();
	return play(output, times);
}
