// A plugin of qemu-user that counts what the program itself executes, its libraries left out: instructions, and the
// bytes that its copying functions store. Version 1 of qemu's plugin interface, as docs/devel/tcg-plugins.rst of qemu
// tells it; the header is in no package of Debian 12, so the few functions that are used are declared here.
//
// usage: QEMU_PLUGIN=file=libcounter.so,out=FILE,code=HEX,copy=HEX+HEX,… qemu-arm PROGRAM
//        code and copy: where the code and the copying functions (address and size) are, as the program's file has it.
//        FILE then holds "INSTRUCTIONS BYTES".
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

enum { NO_REGISTERS = 0, STORES = 2 };

extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, translated_t);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, executed_t, int, void *);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, stored_t, int, int, void *);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, ended_t, void *);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
extern unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);
extern bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);
extern uint64_t qemu_plugin_start_code(void);
extern uint64_t qemu_plugin_end_code(void);

int qemu_plugin_version = 1;

static uint64_t instructions, copied_bytes;
static char out[4096];
static uint64_t code;
static struct { uint64_t start, size; } copiers[8];
static size_t copier_count;

static void executed(unsigned cpu, void *count) { __atomic_fetch_add(&instructions, (uintptr_t)count, __ATOMIC_RELAXED); }

static void stored(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
    // qemu 7.2 calls for loads, too, whatever was asked for.
    if (qemu_plugin_mem_is_store(info))
        __atomic_fetch_add(&copied_bytes, 1u << qemu_plugin_mem_size_shift(info), __ATOMIC_RELAXED);
}

// The program lies elsewhere in memory than its file says.
static bool copies(uint64_t address) {
    uint64_t in_file = address - qemu_plugin_start_code() + code;
    for (size_t i = 0; i < copier_count; i++)
        if (in_file >= copiers[i].start && in_file < copiers[i].start + copiers[i].size)
            return true;
    return false;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    uint64_t address = qemu_plugin_tb_vaddr(block);
    if (address < qemu_plugin_start_code() || address >= qemu_plugin_end_code())
        return;
    size_t count = qemu_plugin_tb_n_insns(block);
    qemu_plugin_register_vcpu_tb_exec_cb(block, executed, NO_REGISTERS, (void *)count);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        if (copies(qemu_plugin_insn_vaddr(insn)))
            qemu_plugin_register_vcpu_mem_cb(insn, stored, NO_REGISTERS, STORES, NULL);
    }
}

static void ended(qemu_plugin_id_t id, void *data) {
    FILE *file = fopen(out, "w");
    if (file) {
        fprintf(file, "%" PRIu64 " %" PRIu64 "\n", instructions, copied_bytes);
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
        else if (!strncmp(arguments[i], "copy=", 5) && copier_count < sizeof copiers / sizeof *copiers) {
            copiers[copier_count].start = strtoull(value, &value, 16);
            copiers[copier_count++].size = strtoull(value + 1, NULL, 16);
        } else
            return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
