using System.Buffers.Binary;
using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Observe;

/// <summary>A capability that a call needs.</summary>
/// <param name="OfHost">Whether only the host's first user namespace counts.</param>
internal readonly record struct CapabilityNeed(string Name, string For, bool OfHost = false)
{
    public int Number => Capability.TryParse(Name, out int number) ? number : throw new InvalidOperationException(Name);
}

/// <summary>Which capability the kernel asks for in which call.</summary>
/// <remarks>capabilities(7) and the calls' own pages, as of Linux 6.18. A call that has several is asked by its arguments.</remarks>
internal static class CapabilityNeeds
{
    private const ulong NewNamespaces = 0x7E020080;
    private const ulong NewUser = 0x10000000;
    private const int AF_INET = 2;
    private const int AF_INET6 = 10;
    private const int AF_NETLINK = 16;
    private const int AF_PACKET = 17;
    private const int SOCK_RAW = 3;
    private const int SOCK_PACKET = 10;

    public static CapabilityNeed? Of(int thread, string name, SystemCall call) => name switch
    {
        "mount" or "umount2" or "fsopen" or "fsconfig" or "fsmount" or "fspick" or "move_mount" or "open_tree" or "mount_setattr" or "pivot_root" or "open_tree_attr"
            => new("CAP_SYS_ADMIN", "changing mounts"),
        "chroot" => new("CAP_SYS_CHROOT", "chroot"),
        "sethostname" or "setdomainname" => new("CAP_SYS_ADMIN", "naming the host"),
        "unshare" when (call.A & NewNamespaces & ~NewUser) != 0 => new("CAP_SYS_ADMIN", "making namespaces"),
        "clone" when (call.A & NewNamespaces & ~NewUser) != 0 => new("CAP_SYS_ADMIN", "making namespaces"),
        "clone3" when (Word(thread, call.A) & NewNamespaces & ~NewUser) != 0 => new("CAP_SYS_ADMIN", "making namespaces"),
        "setns" => new("CAP_SYS_ADMIN", "entering a namespace"),
        "setuid" or "setreuid" or "setresuid" or "setfsuid" => new("CAP_SETUID", "becoming another user"),
        "setgid" or "setregid" or "setresgid" or "setfsgid" or "setgroups" => new("CAP_SETGID", "changing groups"),
        "mknod" when IsDevice(call.B) => new("CAP_MKNOD", "making a device node", true),
        "mknodat" when IsDevice(call.C) => new("CAP_MKNOD", "making a device node", true),
        "socket" => Socket((int)call.A, (int)call.B & 0xf),
        "bind" when PortOf(thread, call) is > 0 and < 1024 => new("CAP_NET_BIND_SERVICE", "binding a port below net.ipv4.ip_unprivileged_port_start"),
        "setsockopt" when IsFilterTable(call) || IsPrivilegedOption(call) => new("CAP_NET_ADMIN", "this socket option"),
        "ioctl" => Control((uint)call.B),
        "reboot" => new("CAP_SYS_BOOT", "reboot"),
        "kexec_load" or "kexec_file_load" => new("CAP_SYS_BOOT", "loading another kernel", true),
        "init_module" or "finit_module" or "delete_module" => new("CAP_SYS_MODULE", "kernel modules", true),
        "swapon" or "swapoff" => new("CAP_SYS_ADMIN", "swap", true),
        "settimeofday" or "clock_settime" or "stime" or "adjtimex" or "clock_adjtime" => new("CAP_SYS_TIME", "setting the clock", true),
        "iopl" or "ioperm" => new("CAP_SYS_RAWIO", "access to I/O ports", true),
        "acct" => new("CAP_SYS_PACCT", "process accounting", true),
        "syslog" => new("CAP_SYSLOG", "the kernel's log", true),
        "quotactl" or "quotactl_fd" => new("CAP_SYS_ADMIN", "quotas", true),
        "bpf" => new("CAP_BPF", "bpf", true),
        "perf_event_open" => new("CAP_PERFMON", "performance counters", true),
        "setpriority" => new("CAP_SYS_NICE", "a better priority", true),
        "sched_setscheduler" or "sched_setparam" or "sched_setattr" => new("CAP_SYS_NICE", "real-time or better scheduling", true),
        "ioprio_set" => new("CAP_SYS_NICE", "real-time input and output, or another user's process", true),
        "sched_setaffinity" or "migrate_pages" or "move_pages" => new("CAP_SYS_NICE", "scheduling another's process"),
        "mlock" or "mlock2" or "mlockall" => new("CAP_IPC_LOCK", "locking memory", true),
        "shmctl" or "semctl" or "msgctl" => new("CAP_SYS_ADMIN", "another's IPC object"),
        "setrlimit" or "prlimit64" => new("CAP_SYS_RESOURCE", "raising a hard limit", true),
        "kill" or "tkill" or "tgkill" or "pidfd_send_signal" or "rt_sigqueueinfo" => new("CAP_KILL", "signalling another user's process"),
        "process_vm_readv" or "process_vm_writev" or "kcmp" or "pidfd_getfd" or "process_madvise" => new("CAP_SYS_PTRACE", "looking into another process"),
        "open_by_handle_at" => new("CAP_DAC_READ_SEARCH", "opening by handle", true),
        "capset" => new("CAP_SETPCAP", "capabilities beyond the permitted ones"),
        "prctl" => Control((int)call.A),
        "keyctl" when (int)call.A is 4 or 5 => new("CAP_SYS_ADMIN", "another's keys"),
        "netlink" => Request((int)call.A, (int)call.B),
        "fanotify_init" or "fanotify_mark" => new("CAP_SYS_ADMIN", "watching whole file systems", true),
        "userfaultfd" when (call.A & 1) == 0 => new("CAP_SYS_PTRACE", "handling page faults of the kernel's", true),
        "vhangup" => new("CAP_SYS_TTY_CONFIG", "hanging up a terminal", true),
        "fcntl" when (int)call.B == 1024 => new("CAP_LEASE", "a lease on another's file", true),
        "fcntl" when (int)call.B == 1031 => new("CAP_SYS_RESOURCE", "a larger pipe", true),
        "timerfd_create" or "timer_create" => new("CAP_WAKE_ALARM", "waking the machine", true),
        "setxattr" or "lsetxattr" or "fsetxattr" or "removexattr" or "lremovexattr" or "fremovexattr" => Attribute(ProcessMemory.ReadText(thread, call.B)),
        "lookup_dcookie" or "mbind" or "set_mempolicy" => new("CAP_SYS_NICE", "memory policy"),
        _ => null,
    };

    private static CapabilityNeed? Attribute(byte[]? name)
    {
        string text = name is null ? "" : Encoding.UTF8.GetString(name);
        return text == "security.capability" ? new("CAP_SETFCAP", "giving a file capabilities")
            : text.StartsWith("trusted.", StringComparison.Ordinal) ? new("CAP_SYS_ADMIN", "trusted attributes", true)
            : text.StartsWith("security.", StringComparison.Ordinal) ? new("CAP_SYS_ADMIN", "security attributes")
            : null;
    }

    private static CapabilityNeed? Socket(int family, int type) => family switch
    {
        AF_PACKET => new("CAP_NET_RAW", "packet sockets"),
        AF_INET or AF_INET6 when type is SOCK_RAW or SOCK_PACKET => new("CAP_NET_RAW", "raw sockets"),
        AF_NETLINK => new("CAP_NET_ADMIN", "this netlink family"),
        _ => null,
    };

    // linux/audit.h: messages of programs need another capability than the rules do.
    private static CapabilityNeed Request(int protocol, int type)
    {
        const int NETLINK_AUDIT = 9;
        return protocol != NETLINK_AUDIT ? new("CAP_NET_ADMIN", "this request by netlink")
            : type is (>= 1100 and < 1200) or (>= 2100 and < 3000) ? new("CAP_AUDIT_WRITE", "writing to the audit log", true)
            : new("CAP_AUDIT_CONTROL", "the audit rules", true);
    }

    private static CapabilityNeed? Control(uint request) => request switch
    {
        // The SIOCS* of interfaces, routes, ARP, bridges, tunnels.
        >= 0x890b and <= 0x89ff => new("CAP_NET_ADMIN", "changing interfaces or routes"),
        0x400454ca or 0x400454cb => new("CAP_NET_ADMIN", "making a tunnel interface"),
        0x40086602 or 0x401c5820 => new("CAP_LINUX_IMMUTABLE", "the attributes immutable and append-only", true),
        0x5412 => new("CAP_SYS_ADMIN", "typing into a terminal", true),
        0x4004700a or 0x4024700a => new("CAP_SYS_TIME", "setting the hardware clock", true),
        0x4B45 or 0x4B4A or 0x5602 => new("CAP_SYS_TTY_CONFIG", "virtual consoles", true),
        0x1261 or 0x125d or 0x125f or 0x5331 => new("CAP_SYS_ADMIN", "this request to a block device", true),
        0xc0045877 or 0xc0045878 => new("CAP_SYS_ADMIN", "freezing a file system"),
        _ => null,
    };

    private static CapabilityNeed? Control(int option) => option switch
    {
        24 or 28 => new("CAP_SETPCAP", "the bounding set and the secure bits"),
        35 => new("CAP_SYS_RESOURCE", "moving parts of the address space"),
        47 => new("CAP_SETPCAP", "ambient capabilities"),
        22 => new("CAP_SYS_ADMIN", "a filter without no_new_privs"),
        _ => null,
    };

    private static bool IsDevice(ulong mode) => (mode & 0xF000) is 0x2000 or 0x6000;

    private static bool IsFilterTable(SystemCall call) => (int)call.B is 0 or 41 && (int)call.C is >= 64 and < 128;

    // SOL_SOCKET: DEBUG, PRIORITY, SNDBUFFORCE, RCVBUFFORCE, MARK, BINDTODEVICE, BUSY_POLL, PREFER_BUSY_POLL; IP: TRANSPARENT, MULTICAST routing.
    private static bool IsPrivilegedOption(SystemCall call) => ((int)call.B, (int)call.C) switch
    {
        (1, 1 or 12 or 32 or 33 or 36 or 25 or 46 or 69) => true,
        (0, 19 or (>= 200 and <= 212)) => true,
        (41, 75 or (>= 200 and <= 212)) => true,
        _ => false,
    };

    public static int? PortOf(int thread, SystemCall call)
    {
        Span<byte> address = stackalloc byte[4];
        return ProcessMemory.Read(thread, call.B, address) == 4 && BinaryPrimitives.ReadUInt16LittleEndian(address) is AF_INET or AF_INET6
            ? BinaryPrimitives.ReadUInt16BigEndian(address[2..])
            : null;
    }

    private static ulong Word(int thread, ulong address)
    {
        Span<byte> word = stackalloc byte[8];
        return ProcessMemory.Read(thread, address, word) == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(word) : 0;
    }
}
