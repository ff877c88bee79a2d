// A plugin of qemu-user that counts what the program executes: instructions of its own; those of the whole process on its
// behalf, the emulated libmmal and what that calls left out; those of them before the first byte that is sent; and the
// bytes that are copied for it. Version 1 of qemu's plugin interface, as docs/devel/tcg-plugins.rst of qemu
// tells it; the header is in no package of Debian 12, so the few functions that are used are declared here.
//
// usage: QEMU_PLUGIN=file=libcounter.so,out=FILE,code=HEX,stubs=HEX+HEX,copy=HEX+HEX,… qemu-arm PROGRAM
//        code, stubs and copy: where the code, its jumps into libraries (.plt) and the copying functions (or the jumps to
//        the C library's) are, address and size, as the program's file has it.
//        FILE then holds "OWN BYTES ALL BEFORE_FIRST_BYTE".
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
typedef void (*translated_t)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*executed_t)(unsigned, void *);
typedef void (*stored_t)(unsigned, qemu_plugin_meminfo_t, uint64_t, void *);
typedef void (*ended_t)(qemu_plugin_id_t, void *);
typedef void (*called_t)(qemu_plugin_id_t, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                         uint64_t, uint64_t);

enum { NO_REGISTERS = 0, STORES = 2 };

extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, translated_t);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, executed_t, int, void *);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, stored_t, int, int, void *);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, ended_t, void *);
extern void qemu_plugin_register_vcpu_syscall_cb(qemu_plugin_id_t, called_t);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);
extern bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);
extern uint64_t qemu_plugin_start_code(void);
extern uint64_t qemu_plugin_end_code(void);

int qemu_plugin_version = 1;

// The numbers of send and sendto on ARM.
enum { SEND = 289, SENDTO = 290 };

enum { MOST_THREADS = 64 };

// A block's part of the process: our program, the emulated libmmal (and with it what it calls), all else.
enum part { OURS, COPIER, STUB, MMAL, ELSE };

struct block { enum part part; unsigned count; };

static uint64_t ours, all, copied_bytes, before_first_byte;
static bool is_for_us[MOST_THREADS], is_copying[MOST_THREADS];
static char out[4096];
static uint64_t code, stubs, stubs_end;
static struct { uint64_t start, size; } copiers[8];
static size_t copier_count;

static void add(uint64_t *counter, uint64_t count) { __atomic_fetch_add(counter, count, __ATOMIC_RELAXED); }

static void executed(unsigned cpu, void *data) {
    const struct block *block = data;
    unsigned thread = cpu % MOST_THREADS;
    switch (block->part) {
    case MMAL: is_for_us[thread] = is_copying[thread] = false; break;
    case OURS: is_copying[thread] = false; is_for_us[thread] = true; break;
    case COPIER: is_copying[thread] = is_for_us[thread] = true; break;
    default: break;
    }
    if (block->part < MMAL)
        add(&ours, block->count);
    // Before it is in our program for the first time, a thread works for whoever started it: the loader for us.
    if (is_for_us[thread] || thread == 0)
        add(&all, block->part == MMAL ? 0 : block->count);
}

static void stored(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
    // qemu 7.2 calls for loads, too, whatever was asked for.
    if (is_copying[cpu % MOST_THREADS] && qemu_plugin_mem_is_store(info))
        add(&copied_bytes, 1u << qemu_plugin_mem_size_shift(info));
}

static void called(qemu_plugin_id_t id, unsigned cpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                   uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
    if (!before_first_byte && (number == SEND || number == SENDTO))
        before_first_byte = all;
}

// Whether the guest's address lies in a libmmal: the host's map of memory says so, which is shifted as the program is.
static bool is_mmal(uint64_t address) {
    static uint64_t starts[64], ends[64];
    static size_t known;
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < known; i++)
            if (address >= starts[i] && address < ends[i])
                return true;
        if (again)
            break;
        FILE *maps = fopen("/proc/self/maps", "r");
        char line[4352], kind[8];
        uint64_t start, end, shift = 0;
        for (known = 0; maps && fgets(line, sizeof line, maps);) {
            if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &start, &end, kind) != 3)
                continue;
            if (!shift && strstr(line, "/picam-stream"))
                shift = start - ((qemu_plugin_start_code() - code) & ~(uint64_t)0xfff);
            if (strstr(line, "libmmal.so") && known < 64)
                starts[known] = start, ends[known++] = end;
        }
        if (maps)
            fclose(maps);
        for (size_t i = 0; i < known; i++)
            starts[i] -= shift, ends[i] -= shift;
    }
    return false;
}

// The program lies elsewhere in memory than its file says.
static enum part part_of(uint64_t address) {
    if (address < qemu_plugin_start_code() || address >= qemu_plugin_end_code())
        return is_mmal(address) ? MMAL : ELSE;
    uint64_t in_file = address - qemu_plugin_start_code() + code;
    for (size_t i = 0; i < copier_count; i++)
        if (in_file >= copiers[i].start && in_file < copiers[i].start + copiers[i].size)
            return COPIER;
    return in_file >= stubs && in_file < stubs_end ? STUB : OURS;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *translation) {
    struct block *block = malloc(sizeof *block);
    size_t count = qemu_plugin_tb_n_insns(translation);
    *block = (struct block){ part_of(qemu_plugin_tb_vaddr(translation)), count };
    qemu_plugin_register_vcpu_tb_exec_cb(translation, executed, NO_REGISTERS, block);
    if (block->part == COPIER || block->part == ELSE)
        for (size_t i = 0; i < count; i++)
            qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(translation, i), stored, NO_REGISTERS, STORES, NULL);
}

static void ended(qemu_plugin_id_t id, void *data) {
    FILE *file = fopen(out, "w");
    if (file) {
        fprintf(file, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", ours, copied_bytes, all, before_first_byte);
        fclose(file);
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int count, char **arguments) {
    for (int i = 0; i < count; i++) {
        char *value = strchr(arguments[i], '=') + 1;
        if (!strncmp(arguments[i], "out=", 4))
            snprintf(out, sizeof out, "%s", value);
        else if (!strncmp(arguments[i], "code=", 5))
            code = strtoull(value, NULL, 16);
        else if (!strncmp(arguments[i], "stubs=", 6)) {
            stubs = strtoull(value, &value, 16);
            stubs_end = stubs + strtoull(value + 1, NULL, 16);
        } else if (!strncmp(arguments[i], "copy=", 5) && copier_count < sizeof copiers / sizeof *copiers) {
            copiers[copier_count].start = strtoull(value, &value, 16);
            copiers[copier_count++].size = strtoull(value + 1, NULL, 16);
        } else
            return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
