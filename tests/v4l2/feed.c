/* Plays a recording into a v4l2loopback device, over and over: DEVICE FOURCC WIDTH HEIGHT FILE. The file holds one picture
 * after another, each behind its length in four bytes, little-endian. In C, because it is ioctls and nothing else. */
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static unsigned char picture[4 << 20];

int main(int argc, char **argv)
{
	struct v4l2_format format = { .type = V4L2_BUF_TYPE_VIDEO_OUTPUT };
	uint32_t length;
	int device;
	FILE *file;

	if (argc != 6 || (device = open(argv[1], O_RDWR)) < 0 || !(file = fopen(argv[5], "r")))
		return 1;
	format.fmt.pix.width = atoi(argv[3]);
	format.fmt.pix.height = atoi(argv[4]);
	format.fmt.pix.pixelformat = v4l2_fourcc(argv[2][0], argv[2][1], argv[2][2], argv[2][3]);
	format.fmt.pix.field = V4L2_FIELD_NONE;
	format.fmt.pix.sizeimage = 1 << 20;
	format.fmt.pix.colorspace = V4L2_COLORSPACE_SRGB;
	if (ioctl(device, VIDIOC_S_FMT, &format) < 0)
		return 2;
	for (;;) {
		if (fread(&length, sizeof(length), 1, file) != 1) {
			rewind(file);
			continue;
		}
		if (length > sizeof(picture) || fread(picture, length, 1, file) != 1)
			return 3;
		if (write(device, picture, length) != (ssize_t)length)
			return 4;
		usleep(66000);
	}
}
