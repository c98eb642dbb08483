using System.Globalization;
using System.Text;
using CrunSharp.Linux;

namespace CrunSharp.Observe;

/// <summary>A call as a person reads it.</summary>
internal static class CallText
{
    private const int LongestText = 96;

    private static readonly (ulong Flag, string Name)[] s_namespaces =
    [
        (0x00020000, "NEWNS"), (0x02000000, "NEWCGROUP"), (0x04000000, "NEWUTS"), (0x08000000, "NEWIPC"), (0x10000000, "NEWUSER"),
        (0x20000000, "NEWPID"), (0x40000000, "NEWNET"), (0x00000080, "NEWTIME"),
    ];

    private static readonly Dictionary<int, string> s_families = new()
    {
        [1] = "AF_UNIX",
        [2] = "AF_INET",
        [10] = "AF_INET6",
        [16] = "AF_NETLINK",
        [17] = "AF_PACKET",
        [38] = "AF_ALG",
        [40] = "AF_VSOCK",
    };

    public static string Of(FailedCall failed) => $"{failed.Name}({string.Join(", ", Arguments(failed))})";

    private static IEnumerable<string> Arguments(FailedCall failed)
    {
        SystemCall call = failed.Call;
        int thread = failed.Process.Id;
        return failed.Name switch
        {
            "mount" => [Text(thread, call.A), Text(thread, call.B), Text(thread, call.C)],
            "symlink" or "symlinkat" => [Text(thread, call.A), .. failed.Paths.Select(use => PathOf(failed, use))],
            "chown" or "lchown" or "fchown" => [PathOf(failed, failed.Paths[0]), Number(call.B), Number(call.C)],
            "fchownat" => [PathOf(failed, failed.Paths[0]), Number(call.C), Number(call.D)],
            "chmod" or "fchmod" => [PathOf(failed, failed.Paths[0]), $"0{Convert.ToString((long)call.B, 8)}"],
            "fchmodat" or "fchmodat2" => [PathOf(failed, failed.Paths[0]), $"0{Convert.ToString((long)call.C, 8)}"],
            "setxattr" or "lsetxattr" or "fsetxattr" => [PathOf(failed, failed.Paths[0]), Text(thread, call.B)],
            _ when failed.Paths.Count > 0 => failed.Paths.Select(use => PathOf(failed, use)),
            "unshare" or "setns" or "clone" => [Namespaces(failed.Name == "setns" ? call.B : call.A)],
            "socket" => [s_families.GetValueOrDefault((int)call.A, Number(call.A)), Number(call.B & 0xf), Number(call.C)],
            "bind" or "connect" when CapabilityNeeds.PortOf(thread, call) is { } port => [$"fd {(int)call.A}", $"port {port}"],
            "ioctl" => [$"fd {(int)call.A}", $"0x{(uint)call.B:x}"],
            "kill" or "tkill" => [Number(call.A), Number(call.B)],
            "setuid" or "setgid" or "umask" or "mlockall" => [Number(call.A)],
            "fork" or "vfork" or "clone3" => [],
            "sethostname" or "setdomainname" => [Text(thread, call.A)],
            "mmap" => [$"{call.B} bytes"],
            "netlink" => [Number(call.A), Number(call.B)],
            "prlimit64" when ProcessLimit.NameOf((int)call.B) is { } limit => [Number(call.A), $"RLIMIT_{limit.ToUpperInvariant()}"],
            "setrlimit" when ProcessLimit.NameOf((int)call.A) is { } limit => [$"RLIMIT_{limit.ToUpperInvariant()}"],
            _ => [Number(call.A), Number(call.B), Number(call.C)],
        };
    }

    private static string PathOf(FailedCall failed, PathUse use) =>
        use.Path is { } path ? Quote(path) : $"fd {use.Directory} '{Shown(failed.Process.Link($"fd/{use.Directory}"))}'";

    private static string Text(int thread, ulong address) => ProcessMemory.ReadText(thread, address) is { } text ? Quote(text) : "NULL";

    private static string Quote(byte[] text) => $"\"{Shown(Encoding.UTF8.GetString(text))}\"";

    // The program's text goes to a terminal: what could steer that shows as a question mark.
    private static string Shown(string text)
    {
        string cut = text.Length > LongestText ? $"{text[..LongestText]}..." : text;
        return string.Concat(cut.Select(static letter => char.IsControl(letter) ? '?' : letter));
    }

    private static string Namespaces(ulong flags)
    {
        string names = string.Join('|', s_namespaces.Where(entry => (flags & entry.Flag) != 0).Select(static entry => entry.Name));
        return names.Length > 0 ? names : Number(flags);
    }

    private static string Number(ulong value) => (long)value is >= -65536 and <= int.MaxValue ? ((long)value).ToString(CultureInfo.InvariantCulture)
        : value == uint.MaxValue ? "-1"
        : $"0x{value:x}";
}
