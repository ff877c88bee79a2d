/* Stands in for the Pi's H.264 encoder, which no kernel driver emulates: preloaded into the program, it answers the calls on
 * /dev/video11 as the driver bcm2835-codec does (raspberrypi/linux, bcm2835-v4l2-codec.c), and all others go on to the kernel.
 * It keeps the order and the limits of the calls. What comes out of it is a recording; what went in first is kept as a file.
 *
 * ENCODER_RECORDING: pictures, each behind its length in four bytes, little-endian. ENCODER_ROWS: what the height of raw
 * pictures is rounded up to (16 in older versions of the driver, 1 in newer ones). ENCODER_LOG: gets a line for each control that is set.
 * ENCODER_RAW: gets the first raw picture, without padding, as I420. */
#define _GNU_SOURCE
#define DEVICE "/dev/video11"
#include "../support/preloaded_device.h"

#include <linux/videodev2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BUFFERS 8
#define ROOM (8u << 20)

enum state { OURS, QUEUED, DONE };

struct queue {
	struct v4l2_pix_format_mplane format;
	unsigned count, order[BUFFERS], waiting, running;
	unsigned finished[BUFFERS], finished_count;
	enum state state[BUFFERS];
	uint32_t used[BUFFERS];
	struct timeval time[BUFFERS];
};

static struct queue raw, coded;
static FILE *recording;
static unsigned asked_width, asked_height;
static unsigned char *mapped;

static const char *setting(const char *name, const char *otherwise)
{
	const char *value = getenv(name);
	return value ? value : otherwise;
}

static int open_device(void)
{
	if (device >= 0)
		return refuse(EBUSY);
	memory = memfd_create("buffers", 0);
	if (memory < 0 || ftruncate(memory, 2 * BUFFERS * (off_t)ROOM) < 0)
		return -1;
	mapped = mmap(NULL, 2 * BUFFERS * (size_t)ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	recording = fopen(setting("ENCODER_RECORDING", "/H264"), "r");
	memset(&raw, 0, sizeof(raw));
	memset(&coded, 0, sizeof(coded));
	device = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
	return device;
}

static struct queue *queue_of(uint32_t type)
{
	if (type == V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE)
		return &raw;
	return type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE ? &coded : NULL;
}

static unsigned char *bytes_of(struct queue *queue, unsigned index)
{
	return mapped + ((queue == &coded ? BUFFERS : 0) + index) * (size_t)ROOM;
}

static int set_format(struct v4l2_format *format)
{
	struct queue *queue = queue_of(format->type);
	struct v4l2_pix_format_mplane *pixel = &format->fmt.pix_mp;
	struct v4l2_plane_pix_format *plane = &pixel->plane_fmt[0];
	unsigned rows = atoi(setting("ENCODER_ROWS", "1"));

	if (!queue || queue->count)
		return refuse(queue ? EBUSY : EINVAL);
	pixel->num_planes = 1;
	pixel->field = V4L2_FIELD_NONE;
	if (queue == &raw) {
		asked_width = pixel->width;
		asked_height = pixel->height;
		pixel->pixelformat = V4L2_PIX_FMT_YUV420;
		pixel->height = (pixel->height + rows - 1) / rows * rows;
		plane->bytesperline = (pixel->width + 63) / 64 * 64;
		plane->sizeimage = plane->bytesperline * pixel->height * 3 / 2;
	} else {
		pixel->pixelformat = V4L2_PIX_FMT_H264;
		plane->bytesperline = 0;
		if (plane->sizeimage < 512 << 10)
			plane->sizeimage = 512 << 10;
	}
	if (plane->sizeimage > ROOM)
		return refuse(EINVAL);
	queue->format = *pixel;
	return 0;
}

static int query_control(struct v4l2_queryctrl *query)
{
	query->type = V4L2_CTRL_TYPE_INTEGER;
	query->flags = 0;
	query->step = 1;
	query->minimum = 0;
	switch (query->id) {
	case V4L2_CID_MPEG_VIDEO_BITRATE:
		query->minimum = 25000;
		query->maximum = 25000000;
		query->step = 25000;
		return 0;
	case V4L2_CID_MPEG_VIDEO_H264_I_PERIOD:
		query->maximum = 0x7fffffff;
		return 0;
	case V4L2_CID_MPEG_VIDEO_H264_PROFILE:
	case V4L2_CID_MPEG_VIDEO_H264_LEVEL:
		query->type = V4L2_CTRL_TYPE_MENU;
		query->maximum = 15;
		return 0;
	case V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER:
		query->type = V4L2_CTRL_TYPE_BOOLEAN;
		query->maximum = 1;
		return 0;
	case V4L2_CID_MPEG_VIDEO_H264_MIN_QP:
	case V4L2_CID_MPEG_VIDEO_H264_MAX_QP:
		query->maximum = 51;
		return 0;
	case V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME:
		query->type = V4L2_CTRL_TYPE_BUTTON;
		query->step = 0;
		query->maximum = 0;
		return 0;
	}
	return refuse(EINVAL);
}

static int set_control(struct v4l2_control *control)
{
	struct v4l2_queryctrl query = { .id = control->id };
	FILE *log = fopen(setting("ENCODER_LOG", "/dev/null"), "a");

	if (query_control(&query) < 0 || !log)
		return -1;
	fprintf(log, "%x %d\n", control->id, control->value);
	fclose(log);
	if (control->id == V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME)
		rewind(recording);
	return 0;
}

static int request_buffers(struct v4l2_requestbuffers *request)
{
	struct queue *queue = queue_of(request->type);

	if (!queue || request->memory != V4L2_MEMORY_MMAP || !queue->format.pixelformat)
		return refuse(EINVAL);
	if (request->count > BUFFERS)
		request->count = BUFFERS;
	queue->count = request->count;
	return 0;
}

static int query_buffer(struct v4l2_buffer *buffer)
{
	struct queue *queue = queue_of(buffer->type);

	if (!queue || buffer->index >= queue->count || buffer->length < 1)
		return refuse(EINVAL);
	buffer->m.planes[0].length = queue->format.plane_fmt[0].sizeimage;
	buffer->m.planes[0].m.mem_offset = bytes_of(queue, buffer->index) - mapped;
	return 0;
}

static void keep_raw(const unsigned char *from)
{
	static int kept;
	unsigned plane, row, stride = raw.format.plane_fmt[0].bytesperline;
	FILE *file = kept++ ? NULL : fopen(setting("ENCODER_RAW", "/dev/null"), "w");

	for (plane = 0; file && plane < 3; plane++) {
		unsigned half = plane ? 2 : 1;
		for (row = 0; row < asked_height / half; row++)
			fwrite(from + row * stride / half, asked_width / half, 1, file);
		from += stride / half * (raw.format.height / half);
	}
	if (file)
		fclose(file);
}

/* Takes the first index from a list. */
static unsigned shift(unsigned *list, unsigned *count)
{
	unsigned index = list[0];

	memmove(list, list + 1, --*count * sizeof(*list));
	return index;
}

/* The queue's first waiting buffer, which is finished with this. */
static unsigned finish(struct queue *queue)
{
	unsigned index = shift(queue->order, &queue->waiting);

	queue->state[index] = DONE;
	queue->finished[queue->finished_count++] = index;
	return index;
}

static void encode(void)
{
	while (raw.running && coded.running && raw.waiting && coded.waiting) {
		unsigned from = finish(&raw), to = finish(&coded);
		uint32_t length = 0;
		uint64_t one = 1;

		keep_raw(bytes_of(&raw, from));
		if (fread(&length, sizeof(length), 1, recording) != 1) {
			rewind(recording);
			if (fread(&length, sizeof(length), 1, recording) != 1)
				abort();
		}
		if (length > ROOM || fread(bytes_of(&coded, to), length, 1, recording) != 1)
			abort();
		coded.used[to] = length;
		coded.time[to] = raw.time[from];
		if (write(device, &one, sizeof(one)) < 0)
			abort();
	}
}

static int queue_buffer(struct v4l2_buffer *buffer)
{
	struct queue *queue = queue_of(buffer->type);
	uint32_t used;

	if (!queue || buffer->index >= queue->count || queue->state[buffer->index] != OURS || buffer->length < 1)
		return refuse(EINVAL);
	used = buffer->m.planes[0].bytesused;
	if (queue == &raw && (used == 0 || used > queue->format.plane_fmt[0].sizeimage))
		return refuse(EINVAL);
	queue->state[buffer->index] = QUEUED;
	queue->time[buffer->index] = buffer->timestamp;
	queue->order[queue->waiting++] = buffer->index;
	encode();
	return 0;
}

static int dequeue_buffer(struct v4l2_buffer *buffer)
{
	struct queue *queue = queue_of(buffer->type);
	uint64_t one;

	if (!queue || !queue->running || buffer->length < 1)
		return refuse(EINVAL);
	if (!queue->finished_count)
		return refuse(EAGAIN);
	buffer->index = shift(queue->finished, &queue->finished_count);
	queue->state[buffer->index] = OURS;
	buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_COPY;
	buffer->m.planes[0].bytesused = queue->used[buffer->index];
	buffer->timestamp = queue->time[buffer->index];
	if (queue == &coded && read(device, &one, sizeof(one)) < 0)
		abort();
	return 0;
}

static int answer(unsigned long request, void *argument)
{
	switch ((uint32_t)request) {
	case VIDIOC_QUERYCAP: {
		struct v4l2_capability *capability = argument;
		memset(capability, 0, sizeof(*capability));
		strcpy((char *)capability->driver, "bcm2835-codec");
		strcpy((char *)capability->card, "bcm2835-codec-encode");
		capability->device_caps = V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING;
		capability->capabilities = capability->device_caps | V4L2_CAP_DEVICE_CAPS;
		return 0;
	}
	case VIDIOC_ENUM_FMT: {
		struct v4l2_fmtdesc *format = argument;
		if (!queue_of(format->type) || format->index > 0)
			return refuse(EINVAL);
		format->pixelformat = queue_of(format->type) == &raw ? V4L2_PIX_FMT_YUV420 : V4L2_PIX_FMT_H264;
		return 0;
	}
	case VIDIOC_S_FMT:
		return set_format(argument);
	case VIDIOC_S_PARM:
		((struct v4l2_streamparm *)argument)->parm.output.capability = V4L2_CAP_TIMEPERFRAME;
		return 0;
	case VIDIOC_QUERYCTRL:
		return query_control(argument);
	case VIDIOC_S_CTRL:
		return set_control(argument);
	case VIDIOC_REQBUFS:
		return request_buffers(argument);
	case VIDIOC_QUERYBUF:
		return query_buffer(argument);
	case VIDIOC_QBUF:
		return queue_buffer(argument);
	case VIDIOC_DQBUF:
		return dequeue_buffer(argument);
	case VIDIOC_STREAMON: {
		struct queue *queue = queue_of(*(int *)argument);
		if (!queue || !queue->count)
			return refuse(EINVAL);
		queue->running = 1;
		encode();
		return 0;
	}
	}
	return refuse(ENOTTY);
}
