using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Linux;

/// <summary>Attaches programs that the kernel asks about devices to directories of cgroup2.</summary>
public static unsafe partial class DeviceFilter
{
    private const int SYS_bpf_x64 = 321;
    private const int SYS_bpf_arm64 = 280;
    private const int BPF_PROG_LOAD = 5;
    private const int BPF_PROG_ATTACH = 8;
    private const uint BPF_PROG_TYPE_CGROUP_DEVICE = 15;
    private const uint BPF_CGROUP_DEVICE = 6;
    private const uint BPF_F_ALLOW_MULTI = 2;
    private const int O_DIRECTORY = 0x10000;

    /// <summary>Every program on the way from the root to the cgroup must admit an access.</summary>
    /// <remarks>bpf(2); Linux 4.15; needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, in the first user namespace.</remarks>
    public static void Attach(string cgroup, ReadOnlySpan<ulong> instructions)
    {
        using SafeFileHandle directory = Descriptors.Open(cgroup, O_DIRECTORY);
        using SafeFileHandle program = Load(instructions);
        AttachRequest attach = new()
        {
            Target = (uint)directory.DangerousGetHandle(),
            Program = (uint)program.DangerousGetHandle(),
            Type = BPF_CGROUP_DEVICE,
            Flags = BPF_F_ALLOW_MULTI,
        };
        if (bpf(BPF_PROG_ATTACH, &attach, sizeof(AttachRequest)) < 0)
        {
            throw Answer.Refused($"bpf(BPF_PROG_ATTACH, \"{cgroup}\")");
        }
    }

    private static SafeFileHandle Load(ReadOnlySpan<ulong> instructions)
    {
        // The pointers are needed until the call returns: the kernel keeps a copy of its own.
        fixed (ulong* code = instructions)
        fixed (byte* license = "Apache\0"u8)
        {
            LoadRequest load = new()
            {
                Type = BPF_PROG_TYPE_CGROUP_DEVICE,
                Count = (uint)instructions.Length,
                Code = (ulong)code,
                License = (ulong)license,
            };
            nint fd = bpf(BPF_PROG_LOAD, &load, sizeof(LoadRequest));
            return fd < 0 ? throw Answer.Refused("bpf(BPF_PROG_LOAD)") : new SafeFileHandle(fd, ownsHandle: true);
        }
    }

    private static nint bpf(int command, void* request, int size) =>
        syscall(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? SYS_bpf_arm64 : SYS_bpf_x64, command, (nint)request, size);

    // The beginnings of union bpf_attr for these two commands; what follows is 0.
    [StructLayout(LayoutKind.Sequential)]
    private struct LoadRequest
    {
        public uint Type;
        public uint Count;
        public ulong Code;
        public ulong License;
        public uint LogLevel;
        public uint LogSize;
        public ulong Log;
        public uint KernelVersion;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AttachRequest
    {
        public uint Target;
        public uint Program;
        public uint Type;
        public uint Flags;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint command, nint request, nint size);
}
