@ memcpy and its kin on 32-bit ARM: the C library's, not those that zig's linker brings.
@
@ zig links functions of its own under these names into every program. For ARMv6 they store byte by byte: 14 instructions
@ for four bytes, where the C library's take two and a Raspberry Pi's (libarmmem) fewer; the copy of one frame was half of all
@ that we did for it. A definition in an object file wins against zig's, and each of these jumps to the C library's, which is named
@ by its version, since the plain name is this one.

.macro from_libc name
    .section .text.\name, "ax", %progbits
    .arm
    .p2align 2
    .globl \name
    .hidden \name
    .type \name, %function
\name:
    b libc_\name
    .size \name, . - \name
    .symver libc_\name, \name@GLIBC_2.4
.endm

from_libc memcpy
from_libc memmove
from_libc memset
from_libc memcmp
from_libc bcmp
from_libc strlen
