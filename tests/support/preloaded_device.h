/* What every stand-in for a device does with the calls of the program that it is preloaded into: those on its device are its
 * own, all others go on to the kernel. The file that includes this has `open_device` and `answer`, and sets `device` and
 * `memory`: what it opened, and where its buffers lie. */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

static int device = -1, memory = -1;

static int open_device(void);
static int answer(unsigned long request, void *argument);

static int refuse(int error)
{
	errno = error;
	return -1;
}

#define OPENS(name) \
	int name(const char *path, int flags, ...) \
	{ \
		int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, #name); \
		va_list arguments; \
		int mode; \
\
		va_start(arguments, flags); \
		mode = va_arg(arguments, int); \
		va_end(arguments); \
		return strcmp(path, DEVICE) ? next(path, flags, mode) : open_device(); \
	}

/* Rust's way, and that of programs in C. */
OPENS(open64)
OPENS(open)

int close(int fd)
{
	int (*next)(int) = dlsym(RTLD_NEXT, "close");

	if (fd == device && fd >= 0)
		device = -1;
	return next(fd);
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return fd == device && fd >= 0 ? answer(request, argument) : next(fd, request, argument);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	void *(*next)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, "mmap");

	return next(address, length, protection, flags, fd == device && fd >= 0 ? memory : fd, offset);
}
