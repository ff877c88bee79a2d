# Reads `objdump -d --no-show-raw-insn` of an ARM binary, fields split at tabs, and fails at any instruction that is not of
# ARMv6K with VFPv2 (ARM1176JZF-S: Raspberry Pi 1 and Zero; ARM DDI 0100I and ARM DDI 0406C say in which version each
# came). It is a list of what is allowed, so an instruction that nobody thought of fails too. Thumb is not for it.

BEGIN {
    condition = "(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|al)?"
    # Data processing; binutils writes shifts as instructions of their own.
    integer = "(and|eor|sub|rsb|add|adc|sbc|rsc|orr|mov|bic|mvn|lsl|lsr|asr|ror|rrx|mul|mla|umull|umlal|smull|smlal)s?" \
        "|(tst|teq|cmp|cmn)p?|clz|umaal|q(d?)(add|sub)" \
        "|sm(ul|la)[bt][bt]|sm(ul|la)w[bt]|smlal[bt][bt]|smua?s?dx?|smla?s?ldx?|smla?dx?|smlsdx?|smmulr?|smmlar?|smmlsr?" \
        "|(s|u|q|uq|sh|uh)(add|sub)(8|16)|(s|u|q|uq|sh|uh)(asx|sax|addsubx|subaddx)|sel|usad8|usada8|[su]sat(16)?" \
        "|pkh(bt|tb)|[su]xta?(b|h|b16)|rev(16|sh)?"
    memory = "(ldr|str)(b|h|d|t|bt)?|ldrs[bh]|(ldr|str)ex(b|h|d)?|clrex|swpb?|pld|push|pop" \
        "|(ldm|stm)(ia|ib|da|db|fd|ed|fa|ea)?|(rfe|srs)(ia|ib|da|db)?"
    control = "b|bl|bx|blx|bxj|svc|swi|bkpt|udf|cps(ie|id)?|setend|mrs|msr|nop|yield|wfe|wfi|sev" \
        "|(mcr|mrc)2?|mcrr2?|mrrc2?"
    float = "v(add|sub|mul|nmul|mla|mls|nmla|nmls|div|sqrt|abs|neg|cmpe?|cvtr?|mov|ldr|str|push|pop|mrs|msr)" \
        "|v(ldm|stm)(ia|db)?|f(ld|st)m(ia|db)x"
    known = "^((" integer "|" memory "|" control ")" condition "|(" float ")" condition float_types() ")$"
}

/^[0-9a-f]+ <.*>:$/ { current = $0; gsub(/^.*<|>:$/, "", current) }

# Two places hold newer code that an ARMv6 processor never reaches, and these instructions alone are passed there.
# The unwinder that comes with zig saves and restores d16 to d31 for a frame whose unwinding table says that it saved
# them, which no frame of an ARMv6 program does. musl (in the static binary for tests) has its locks for ARMv6 and ARMv7 and
# asks the kernel which processor it is on.
current ~ /^_ZN9libunwind13Registers_arm(12restore|9save)VFPv3EPv$/ && /\tv(ld|st)mia\tr0, \{d16-d31\}/ { seen++; next }
current ~ /^__a_(barrier|cas)_v7$/ && /\tdmb\tish/ { seen++; next }

NF >= 2 && $1 ~ /^ *[0-9a-f]+:$/ {
    split($2, word, " ")
    if (word[1] ~ /^\./) next # a constant
    seen++
    if (word[1] !~ known || is_newer(word[1], $2 " " $3)) complain()
}

END {
    # A binary that says nothing passes no check.
    if (seen < 1000) { print "verify: only " seen + 0 " instructions found" > "/dev/stderr"; exit 1 }
    if (bad) { print "verify: " bad " of " seen " instructions are newer than ARMv6K" > "/dev/stderr"; exit 1 }
    print "verify: " seen " instructions, all of ARMv6K and VFPv2"
}

# Known by name, but with operands that came later: VFPv3's constants, fixed point and upper sixteen registers, NEON's
# quad registers.
function is_newer(name, line) {
    if (name !~ /^[vf]/) return 0
    if (line ~ /[ {,\t-](d(1[6-9]|2[0-9]|3[01])|q[0-9]+)/) return 1
    # Single precision in double registers is NEON's.
    if (name ~ /f32/ && name !~ /f64/ && line ~ /[ ,\t]d[0-9]/) return 1
    return name ~ /^v(mov|cvt)/ && line ~ /#/
}

# VFPv2 works on single and double precision; integers only while they are converted or moved.
function float_types() { return "(\\.(f32|f64|32|[fsu](32|64)\\.[fsu](32|64)))?" }

function complain() {
    if (bad++ < 20) { sub(/^ +/, ""); print "verify: newer than ARMv6K: " $0 > "/dev/stderr" }
}
