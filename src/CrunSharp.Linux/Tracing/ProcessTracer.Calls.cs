using System.Runtime.InteropServices;

namespace CrunSharp.Linux;

public sealed unsafe partial class ProcessTracer
{
    private const int PTRACE_GETREGS = 12;
    private const int PTRACE_GET_SYSCALL_INFO = 0x420e;
    private const uint AUDIT_ARCH_X86_64 = 0xc000003e;
    private const int RegisterCount = 27;
    private const byte Entry = 1;
    private const int ENOSYS = 38;

    /// <summary>The call that begins, or null and the answer of the one that ends.</summary>
    private static SystemCall? ReadCall(TracedThread thread, out long result)
    {
        SystemCallInfo info = default;
        if (ptrace(PTRACE_GET_SYSCALL_INFO, thread.Id, sizeof(SystemCallInfo), (nint)(&info)) <= 0)
        {
            return ReadRegisters(thread, out result);
        }

        result = info.First;
        return info.Kind == Entry
            ? new SystemCall(info.Architecture, info.Instruction, info.First, info.Arguments[0], info.Arguments[1], info.Arguments[2], info.Arguments[3], info.Arguments[4], info.Arguments[5])
            : null;
    }

    // Before Linux 5.3, and on architectures without it (user-mode-linux): there, the answer of a call that begins is ENOSYS.
    private static SystemCall? ReadRegisters(TracedThread thread, out long result)
    {
        ulong* registers = stackalloc ulong[RegisterCount];
        result = 0;
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || ptrace(PTRACE_GETREGS, thread.Id, 0, (nint)registers) < 0)
        {
            return null;
        }

        // struct user_regs_struct: r10 7, r9 8, r8 9, rax 10, rdx 12, rsi 13, rdi 14, orig_rax 15, rip 16.
        result = (long)registers[10];
        SystemCall call = new(AUDIT_ARCH_X86_64, registers[16], (long)registers[15], registers[14], registers[13], registers[12], registers[7], registers[9], registers[8]);

        // A stop may have been missed, where the thread was seized in the midst of a call: the same call with this answer has ended.
        return result == -ENOSYS && thread.Call != call ? call : null;
    }

    /// <remarks>struct ptrace_syscall_info of &lt;linux/ptrace.h&gt;; First is the number at entry, the answer at exit.</remarks>
    [StructLayout(LayoutKind.Sequential)]
    private struct SystemCallInfo
    {
        public byte Kind;
        public uint Architecture;
        public ulong Instruction;
        public ulong Stack;
        public long First;
        public fixed ulong Arguments[7];
    }
}
