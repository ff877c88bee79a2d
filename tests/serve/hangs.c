/* Stands in for a camera library that hangs: preloaded into the program, it lets the test card, which sleeps between two
 * pictures, sleep for 30 seconds as soon as the file HANGS_WHEN is there. Nothing wakes it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *rest)
{
	int (*next)(clockid_t, int, const struct timespec *, struct timespec *) = dlsym(RTLD_NEXT, "clock_nanosleep");
	const char *when = getenv("HANGS_WHEN");
	struct timespec left = { 30, 0 };

	if (when && !access(when, F_OK))
		while (next(CLOCK_MONOTONIC, 0, &left, &left))
			;
	return next(clock, flags, time, rest);
}
