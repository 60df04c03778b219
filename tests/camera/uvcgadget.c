// A USB webcam in a program: the device's side of UVC 1.0, through gadgetfs on dummy_hcd's controller, so that the same machine's
// uvcvideo driver finds it on its own bus. Bulk streaming; MJPEG 1280x720 from files, YUYV 320x240 and 640x360 drawn.
//
// usage: uvcgadget FOLDER_OF_JPEGS        kill -9 of both processes, the one that streams first, pulls the plug; another start
//                                         puts it in again
//
// Two peculiarities of gadgetfs give it its form: control transfers are cut at 256 bytes, so the configuration descriptor must
// not be longer; and data that comes with a request is acknowledged by the kernel itself, so the loop must fetch it before
// anything slow, at real-time priority, or the next request is lost.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usb/ch9.h>
#include <linux/usb/gadgetfs.h>
#include <linux/usb/video.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONTROLLER "/dev/gadget/dummy_udc"
#define STREAM_ENDPOINT "/dev/gadget/ep1in-bulk"
#define LENGTH(array) (int)(sizeof(array) / sizeof *(array))

enum { PAYLOAD = 16384, MAX_DESCRIPTORS = 256, MAX_PICTURES = 512 };
enum { MJPEG = 1, YUYV = 2 };            // format indexes
enum { CONTROL = 0, STREAMING = 1 };     // interfaces
enum { TERMINAL = 1, PROCESSING = 2 };   // entities of the control interface
enum { TICKS = 10000000 };               // UVC counts time in 100 ns

typedef struct { int width, height, rates, fps[2]; } Mode;
static const Mode mjpeg_modes[] = {{1280, 720, 2, {30, 15}}};
static const Mode yuyv_modes[] = {{320, 240, 2, {30, 15}}, {640, 360, 2, {15, 10}}};

static void die(const char *what) { perror(what); exit(1); }

// ---- descriptors

static uint8_t out[4 + 3 * MAX_DESCRIPTORS];
static int used;

static void put8(int value) { out[used++] = value; }
static void put16(int value) { put8(value), put8(value >> 8); }
static void put32(uint32_t value) { put16(value), put16(value >> 16); }
static void put(const char *bytes, int length) { memcpy(out + used, bytes, length), used += length; }
#define PUT(literal) put(literal, sizeof(literal) - 1)
static void patch16(int at, int value) { out[at] = value, out[at + 1] = value >> 8; }

static void put_frames(int subtype, const Mode *modes, int count) {
    for (int i = 0; i < count; i++) {
        const Mode *mode = modes + i;
        put8(26 + 4 * mode->rates), put8(USB_DT_CS_INTERFACE), put8(subtype), put8(i + 1), put8(0);
        put16(mode->width), put16(mode->height);
        put32(1000000), put32(200000000);              // bits a second, least and most
        put32(mode->width * mode->height * 2);         // the largest picture
        put32(TICKS / mode->fps[0]);
        put8(mode->rates);
        for (int k = 0; k < mode->rates; k++) put32(TICKS / mode->fps[k]);
    }
}

static void put_endpoint(int packet) {
    put8(USB_DT_ENDPOINT_SIZE), put8(USB_DT_ENDPOINT), put8(USB_DIR_IN | 1), put8(USB_ENDPOINT_XFER_BULK), put16(packet), put8(0);
}

static void put_control_interface(void) {
    PUT("\x09\x04\x00\x00\x00\x0e\x01\x00\x00");                           // interface 0: video control
    int header = used;
    PUT("\x0d\x24\x01\x00\x01\x00\x00"), put32(6000000), put8(1), put8(STREAMING);
    PUT("\x12\x24\x02\x01\x01\x02\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00");  // TERMINAL: a camera
    PUT("\x0b\x24\x05\x02\x01\x00\x00\x02\x01\x00\x00");                   // PROCESSING: brightness
    PUT("\x09\x24\x03\x03\x01\x01\x00\x02\x00");                           // a terminal towards USB
    patch16(header + 5, used - header);
}

static void put_streaming_interface(int packet) {
    PUT("\x09\x04\x01\x00\x01\x0e\x02\x00\x00");                           // interface 1: video streaming, one endpoint
    int header = used;
    PUT("\x0f\x24\x01\x02\x00\x00\x81\x00\x03\x00\x00\x00\x01\x00\x00");   // two formats through endpoint 1
    put8(11), put8(USB_DT_CS_INTERFACE), put8(UVC_VS_FORMAT_MJPEG), put8(MJPEG), put8(LENGTH(mjpeg_modes));
    PUT("\x01\x01\x00\x00\x00\x00");
    put_frames(UVC_VS_FRAME_MJPEG, mjpeg_modes, LENGTH(mjpeg_modes));
    put8(27), put8(USB_DT_CS_INTERFACE), put8(UVC_VS_FORMAT_UNCOMPRESSED), put8(YUYV), put8(LENGTH(yuyv_modes));
    PUT("YUY2\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71\x10\x01\x00\x00\x00\x00");
    put_frames(UVC_VS_FRAME_UNCOMPRESSED, yuyv_modes, LENGTH(yuyv_modes));
    patch16(header + 4, used - header);
    put_endpoint(packet);
}

static void put_configuration(int packet) {
    int start = used;
    PUT("\x09\x02\x00\x00\x02\x01\x00\x80\x32");                           // two interfaces, powered by the bus
    PUT("\x08\x0b\x00\x02\x0e\x03\x00\x00");                               // which belong together
    put_control_interface();
    put_streaming_interface(packet);
    patch16(start + 2, used - start);
    if (used - start > MAX_DESCRIPTORS) {
        fprintf(stderr, "the configuration has %d bytes, and gadgetfs carries %d\n", used - start, MAX_DESCRIPTORS);
        exit(1);
    }
}

static int string_descriptor(int index, uint8_t *reply) {
    static const char *const strings[] = {"", "Lab", "Lab UVC Cam", "0001"};  // maker, product, serial number
    if (index >= LENGTH(strings)) return -1;
    if (index == 0) return memcpy(reply, "\x04\x03\x09\x04", 4), 4;        // in English
    int length = strlen(strings[index]);
    reply[0] = 2 + 2 * length, reply[1] = USB_DT_STRING;
    for (int i = 0; i < length; i++) reply[2 + 2 * i] = strings[index][i], reply[3 + 2 * i] = 0;
    return reply[0];
}

// ---- what is agreed on: the first 26 bytes of the streaming control, as UVC 1.0 has them

typedef struct {
    uint16_t hint;
    uint8_t format, frame;
    uint32_t interval;
    uint8_t unused[10];
    uint32_t picture_bytes, payload_bytes;
} __attribute__((packed)) Agreement;

static const Mode *mode_of(const Agreement *agreement) {
    return (agreement->format == MJPEG ? mjpeg_modes : yuyv_modes) + agreement->frame - 1;
}

// The nearest to what is asked for.
static Agreement agree(int format, int frame, uint32_t interval) {
    Agreement agreed = {.hint = 1, .format = format == YUYV ? YUYV : MJPEG, .payload_bytes = PAYLOAD};
    int frames = agreed.format == MJPEG ? LENGTH(mjpeg_modes) : LENGTH(yuyv_modes);
    agreed.frame = frame < 1 || frame > frames ? 1 : frame;
    const Mode *mode = mode_of(&agreed);
    agreed.picture_bytes = mode->width * mode->height * 2;
    agreed.interval = TICKS / mode->fps[0];
    for (int i = 1; interval && i < mode->rates; i++) {
        int64_t other = TICKS / mode->fps[i];
        if (llabs(other - interval) < llabs((int64_t)agreed.interval - interval)) agreed.interval = other;
    }
    return agreed;
}

// ---- the stream, in a process of its own

static struct { Agreement agreed; volatile unsigned generation; } *shared;
static struct { uint8_t *bytes; int length; } pictures[MAX_PICTURES];
static int picture_count;

static void read_pictures(const char *folder) {
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count && picture_count < MAX_PICTURES; i++) {
        char path[4096];
        struct stat status;
        if (!strstr(entries[i]->d_name, ".jpg")) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        int file = open(path, O_RDONLY);
        if (file < 0 || fstat(file, &status)) die(path);
        pictures[picture_count].bytes = malloc(status.st_size);
        pictures[picture_count].length = read(file, pictures[picture_count].bytes, status.st_size);
        picture_count++;
        close(file);
    }
    if (!picture_count) fprintf(stderr, "no pictures in %s\n", folder), exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void send_picture(int endpoint, const uint8_t *picture, int length, int odd, unsigned generation) {
    static uint8_t payload[PAYLOAD];
    for (int sent = 0; sent < length && generation == shared->generation;) {
        int part = length - sent < PAYLOAD - 2 ? length - sent : PAYLOAD - 2;
        // A transfer that fills its last packet would have to be ended by an empty one.
        if (part < PAYLOAD - 2 && (part + 2) % 512 == 0) part--;
        payload[0] = 2;
        payload[1] = UVC_STREAM_EOH | (odd ? UVC_STREAM_FID : 0) | (sent + part == length ? UVC_STREAM_EOF : 0);
        memcpy(payload + 2, picture + sent, part);
        if (write(endpoint, payload, part + 2) < 0) {
            if (errno == ESHUTDOWN || errno == ENODEV) _exit(0);
            perror("stream");
            usleep(1000);
        }
        sent += part;
    }
}

static void stream(int endpoint) {
    static uint8_t drawn[640 * 360 * 2];
    for (unsigned number = 0;; number++) {
        Agreement agreed = shared->agreed;
        double begun = now();
        if (agreed.format == MJPEG) {
            int i = number % picture_count;
            send_picture(endpoint, pictures[i].bytes, pictures[i].length, number & 1, shared->generation);
        } else {
            for (unsigned i = 0; i < agreed.picture_bytes; i += 2) drawn[i] = number * 3 + i / 64, drawn[i + 1] = 128;
            send_picture(endpoint, drawn, agreed.picture_bytes, number & 1, shared->generation);
        }
        double left = (double)agreed.interval / TICKS - (now() - begun);
        if (left > 0) usleep(left * 1e6);
    }
}

static void start_stream(int device) {
    int endpoint = open(STREAM_ENDPOINT, O_RDWR);
    used = 0;
    put32(1), put_endpoint(64), put_endpoint(512);                         // for full and high speed
    if (endpoint < 0 || write(endpoint, out, used) != used) die(STREAM_ENDPOINT);
    if (fork() == 0) {
        close(device);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        munlockall();
        stream(endpoint);
    }
}

// ---- requests on endpoint 0

static Agreement probed;
static uint16_t brightness = 128;

static void set_current(int selector, int interface, int entity, const uint8_t *value) {
    if (interface == STREAMING && (selector == UVC_VS_PROBE_CONTROL || selector == UVC_VS_COMMIT_CONTROL)) {
        const Agreement *asked = (const Agreement *)value;
        probed = agree(asked->format, asked->frame, asked->interval);
        if (selector == UVC_VS_COMMIT_CONTROL) shared->agreed = probed, shared->generation++;
    } else if (entity == PROCESSING) {
        memcpy(&brightness, value, sizeof brightness);
    }
}

static int reply_with(uint8_t *reply, const void *bytes, int length) { return memcpy(reply, bytes, length), length; }

static int streaming_reply(int request, int selector, uint8_t *reply) {
    Agreement least = agree(MJPEG, 1, 0), most = agree(YUYV, 1, 0);
    switch (request) {
    case UVC_GET_CUR: return reply_with(reply, selector == UVC_VS_PROBE_CONTROL ? &probed : &shared->agreed, sizeof probed);
    case UVC_GET_MIN: case UVC_GET_DEF: return reply_with(reply, &least, sizeof least);
    case UVC_GET_MAX: return reply_with(reply, &most, sizeof most);
    case UVC_GET_LEN: return reply_with(reply, "\x1a\x00", 2);
    case UVC_GET_INFO: return reply_with(reply, "\x03", 1);
    default: return -1;
    }
}

static int brightness_reply(int request, uint8_t *reply) {
    switch (request) {
    case UVC_GET_CUR: return reply_with(reply, &brightness, 2);
    case UVC_GET_MIN: return reply_with(reply, "\x00\x00", 2);
    case UVC_GET_MAX: return reply_with(reply, "\xff\x00", 2);
    case UVC_GET_RES: return reply_with(reply, "\x01\x00", 2);
    case UVC_GET_DEF: return reply_with(reply, "\x80\x00", 2);
    case UVC_GET_LEN: return reply_with(reply, "\x02\x00", 2);
    case UVC_GET_INFO: return reply_with(reply, "\x03", 1);
    default: return -1;
    }
}

static int reply_to(const struct usb_ctrlrequest *setup, uint8_t *reply) {
    int selector = setup->wValue >> 8, interface = setup->wIndex & 0xff, entity = setup->wIndex >> 8;
    if (setup->bRequestType == USB_DIR_IN && setup->bRequest == USB_REQ_GET_DESCRIPTOR && selector == USB_DT_STRING)
        return string_descriptor(setup->wValue & 0xff, reply);
    if (setup->bRequestType == (USB_DIR_IN | USB_RECIP_INTERFACE) && setup->bRequest == USB_REQ_GET_INTERFACE)
        return reply_with(reply, "\x00", 1);
    if (setup->bRequestType != (USB_DIR_IN | USB_TYPE_CLASS | USB_RECIP_INTERFACE)) return -1;
    if (interface == STREAMING && (selector == UVC_VS_PROBE_CONTROL || selector == UVC_VS_COMMIT_CONTROL))
        return streaming_reply(setup->bRequest, selector, reply);
    if (interface == CONTROL && entity == PROCESSING && selector == UVC_PU_BRIGHTNESS_CONTROL)
        return brightness_reply(setup->bRequest, reply);
    if (interface == CONTROL && entity == 0 && selector == UVC_VC_REQUEST_ERROR_CODE_CONTROL)
        return reply_with(reply, "\x00", 1);
    return -1;
}

static void answer(int device, const struct usb_ctrlrequest *setup) {
    static int streaming;
    uint8_t data[64] = {0};
    int is_class = (setup->bRequestType & USB_TYPE_MASK) == USB_TYPE_CLASS;
    if (is_class && setup->bRequest == UVC_SET_CUR) {
        int length = setup->wLength < sizeof data ? setup->wLength : sizeof data;
        if (read(device, data, length) < 0) perror("data of a request");
        else set_current(setup->wValue >> 8, setup->wIndex & 0xff, setup->wIndex >> 8, data);
        return;
    }
    int acknowledge = (setup->bRequestType == 0 && setup->bRequest == USB_REQ_SET_CONFIGURATION) ||
                      (setup->bRequestType == USB_RECIP_INTERFACE && setup->bRequest == USB_REQ_SET_INTERFACE);
    if (acknowledge) {
        if (setup->bRequest == USB_REQ_SET_CONFIGURATION && setup->wValue && !streaming) streaming = 1, start_stream(device);
        if (read(device, data, 0) < 0) perror("acknowledgement");
        return;
    }
    int length = reply_to(setup, data);
    if (length >= 0) {
        if (write(device, data, length < setup->wLength ? length : setup->wLength) < 0) perror("reply");
        return;
    }
    fprintf(stderr, "request %02x %02x is not known\n", setup->bRequestType, setup->bRequest);
    // A transfer against its direction makes gadgetfs refuse the request.
    ssize_t refused = setup->bRequestType & USB_DIR_IN ? read(device, data, 0) : write(device, data, 0);
    (void)refused;
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: uvcgadget FOLDER_OF_JPEGS\n"), 2;
    read_pictures(argv[1]);
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) die("mmap");
    probed = shared->agreed = agree(MJPEG, 1, 0);

    mkdir("/dev/gadget", 0755);
    if (access(CONTROLLER, F_OK) && mount("gadgetfs", "/dev/gadget", "gadgetfs", 0, NULL)) die("gadgetfs");
    int device = open(CONTROLLER, O_RDWR);
    if (device < 0) die(CONTROLLER);
    struct sched_param priority = {.sched_priority = 10};
    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority);
    mlockall(MCL_CURRENT);

    put32(0), put_configuration(64), put_configuration(512);               // for full and high speed
    PUT("\x12\x01\x00\x02\xef\x02\x01\x40\x6b\x1d\x02\x01\x01\x00\x01\x02\x03\x01");  // USB 2.0, 1d6b:0102
    if (write(device, out, used) != used) die("descriptors");
    for (;;) {
        struct usb_gadgetfs_event event;
        if (read(device, &event, sizeof event) != sizeof event) perror("event");
        else if (event.type == GADGETFS_SETUP) answer(device, &event.u.setup);
    }
}
