namespace CrunSharp.Oci;

/// <summary>The capabilities of the kernel: their names, numbers and sets as bits.</summary>
/// <remarks>capabilities(7), as of Linux 6.18.</remarks>
public static class Capability
{
    private static readonly string[] s_names =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW",
        "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
        "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD",
        "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
        "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>All names, by number.</summary>
    public static IReadOnlyList<string> Names => s_names;

    /// <summary>Every capability that has a name here.</summary>
    public static ulong All => (1UL << s_names.Length) - 1;

    /// <summary>The number of <c>CAP_CHOWN</c> or <c>chown</c>.</summary>
    public static bool TryParse(string text, out int number)
    {
        ReadOnlySpan<char> name = text.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(4) : text;
        for (number = 0; number < s_names.Length; number++)
        {
            if (s_names[number].AsSpan(4).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        number = -1;
        return false;
    }

    /// <summary>The names of a set, in the kernel's order.</summary>
    public static IReadOnlyList<string> NamesOf(ulong set)
    {
        List<string> names = [];
        for (int number = 0; number < s_names.Length; number++)
        {
            if ((set & (1UL << number)) != 0)
            {
                names.Add(s_names[number]);
            }
        }

        return names;
    }
}
