/* Stands in for a USB camera: preloaded into a program, ours or ustreamer, it answers the calls on /dev/video77 as uvcvideo
 * does, and all others go on to the kernel. It has one format and one size, keeps the order of the calls, and plays a recording over and over, one
 * picture each interval, however broken it is. A device of v4l2loopback would need a kernel of the tests' own.
 *
 * CAMERA_FORMAT: four characters. CAMERA_SIZE: WIDTHxHEIGHT. CAMERA_STRIDE: bytes from row to row, or 0. CAMERA_RECORDING:
 * pictures, each behind its length in four bytes, little-endian; one without bytes is what the driver calls damaged. */
#define _GNU_SOURCE
#define DEVICE "/dev/video77"
#include "preloaded_device.h"

#include <linux/videodev2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define BUFFERS 4
#define ROOM (4u << 20)

static unsigned count, order[BUFFERS], waiting, running, sequence;
static struct v4l2_fract interval = { 1, 50 };
static unsigned char *mapped;
static FILE *recording;

static const char *setting(const char *name)
{
	const char *value = getenv(name);
	if (!value)
		abort();
	return value;
}

static int open_device(void)
{
	if (device >= 0)
		return refuse(EBUSY);
	memory = memfd_create("buffers", 0);
	if (memory < 0 || ftruncate(memory, BUFFERS * (off_t)ROOM) < 0)
		abort();
	mapped = mmap(NULL, BUFFERS * (size_t)ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	recording = fopen(setting("CAMERA_RECORDING"), "r");
	if (mapped == MAP_FAILED || !recording)
		abort();
	device = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	return device;
}

static uint32_t format_of(void)
{
	const char *name = setting("CAMERA_FORMAT");
	return v4l2_fourcc(name[0], name[1], name[2], name[3]);
}

static int set_format(struct v4l2_format *format)
{
	struct v4l2_pix_format *pixel = &format->fmt.pix;

	if (format->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || running)
		return refuse(EINVAL);
	if (sscanf(setting("CAMERA_SIZE"), "%ux%u", &pixel->width, &pixel->height) != 2)
		abort();
	pixel->pixelformat = format_of();
	pixel->bytesperline = atoi(setting("CAMERA_STRIDE"));
	pixel->sizeimage = ROOM;
	pixel->field = V4L2_FIELD_NONE;
	pixel->colorspace = V4L2_COLORSPACE_SRGB;
	return 0;
}

static int tell_interval(struct v4l2_captureparm *capture)
{
	capture->capability = V4L2_CAP_TIMEPERFRAME;
	capture->timeperframe = interval;
	return 0;
}

/* Less than a second, whatever it is. */
static int set_interval(struct v4l2_captureparm *capture)
{
	struct v4l2_fract asked = capture->timeperframe;

	if (asked.numerator && asked.denominator > asked.numerator)
		interval = asked;
	return tell_interval(capture);
}

/* The next picture into a buffer; its length. */
static uint32_t play(unsigned char *into)
{
	uint32_t length;

	while (fread(&length, sizeof(length), 1, recording) != 1)
		rewind(recording);
	if (length > ROOM || (length && fread(into, length, 1, recording) != 1))
		abort();
	return length;
}

static int dequeue(struct v4l2_buffer *buffer)
{
	uint64_t ticks;
	struct timespec now;

	if (!running)
		return refuse(EINVAL);
	if (read(device, &ticks, sizeof(ticks)) != sizeof(ticks))
		return refuse(EAGAIN);
	/* Ticks without a buffer are pictures that nobody had room for; a reader that was late has missed none here. */
	if (!waiting)
		return refuse(EAGAIN);
	buffer->index = order[0];
	memmove(order, order + 1, --waiting * sizeof(*order));
	buffer->bytesused = play(mapped + buffer->index * (size_t)ROOM);
	clock_gettime(CLOCK_MONOTONIC, &now);
	buffer->timestamp.tv_sec = now.tv_sec;
	buffer->timestamp.tv_usec = now.tv_nsec / 1000;
	buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | (buffer->bytesused ? 0 : V4L2_BUF_FLAG_ERROR);
	buffer->sequence = sequence++;
	return 0;
}

static int start(void)
{
	long nanoseconds = 1000000000LL * interval.numerator / interval.denominator;
	struct itimerspec each = { .it_interval = { 0, nanoseconds }, .it_value = { 0, nanoseconds } };

	running = 1;
	return timerfd_settime(device, 0, &each, NULL);
}

static int answer(unsigned long request, void *argument)
{
	switch ((uint32_t)request) {
	case VIDIOC_QUERYCAP: {
		struct v4l2_capability *capability = argument;
		memset(capability, 0, sizeof(*capability));
		strcpy((char *)capability->driver, "uvcvideo");
		strcpy((char *)capability->card, "Stand-in camera");
		capability->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
		capability->capabilities = capability->device_caps | V4L2_CAP_DEVICE_CAPS;
		return 0;
	}
	case VIDIOC_S_INPUT:
		return *(int *)argument ? refuse(EINVAL) : 0;
	case VIDIOC_ENUM_FMT: {
		struct v4l2_fmtdesc *format = argument;
		if (format->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || format->index > 0)
			return refuse(EINVAL);
		format->pixelformat = format_of();
		return 0;
	}
	case VIDIOC_S_FMT:
		return set_format(argument);
	case VIDIOC_G_PARM:
		return tell_interval(&((struct v4l2_streamparm *)argument)->parm.capture);
	case VIDIOC_S_PARM:
		return set_interval(&((struct v4l2_streamparm *)argument)->parm.capture);
	case VIDIOC_REQBUFS: {
		struct v4l2_requestbuffers *buffers = argument;
		if (buffers->count > BUFFERS)
			buffers->count = BUFFERS;
		count = buffers->count;
		return 0;
	}
	case VIDIOC_QUERYBUF: {
		struct v4l2_buffer *buffer = argument;
		if (buffer->index >= count)
			return refuse(EINVAL);
		buffer->length = ROOM;
		buffer->m.offset = buffer->index * ROOM;
		return 0;
	}
	case VIDIOC_QBUF: {
		struct v4l2_buffer *buffer = argument;
		if (buffer->index >= count || waiting == count)
			return refuse(EINVAL);
		order[waiting++] = buffer->index;
		return 0;
	}
	case VIDIOC_DQBUF:
		return dequeue(argument);
	case VIDIOC_STREAMON:
		return count ? start() : refuse(EINVAL);
	case VIDIOC_QUERYCTRL:
		return refuse(EINVAL);
	}
	return refuse(ENOTTY);
}

int access(const char *path, int mode)
{
	int (*next)(const char *, int) = dlsym(RTLD_NEXT, "access");

	return strcmp(path, DEVICE) ? next(path, mode) : 0;
}
