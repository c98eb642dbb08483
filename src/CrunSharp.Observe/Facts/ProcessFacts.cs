using System.Globalization;
using CrunSharp.Linux;

namespace CrunSharp.Observe;

/// <summary>What /proc says of one thread now: who it is, what it may, where it is.</summary>
/// <remarks>proc(5). Ids are those of this process's user namespace; capabilities are over the thread's own.</remarks>
public sealed class ProcessFacts
{
    private readonly Dictionary<string, string> _status;
    private readonly Lazy<MountTable> _mounts;
    private readonly Lazy<IReadOnlyList<IdExtent>> _uids;
    private readonly Lazy<IReadOnlyList<IdExtent>> _gids;
    private readonly Lazy<IReadOnlyList<ProcessLimit>> _limits;

    private ProcessFacts(int id, Dictionary<string, string> status)
    {
        Id = id;
        _status = status;
        _mounts = new(() => MountTable.Parse(Text($"/proc/{id}/mountinfo")));
        _uids = new(() => IdExtent.Parse(Text($"/proc/{id}/uid_map")));
        _gids = new(() => IdExtent.Parse(Text($"/proc/{id}/gid_map")));
        _limits = new(() => ProcessLimit.Parse(Text($"/proc/{id}/limits")));
    }

    public int Id { get; }

    /// <summary>Its number in its own pid namespace.</summary>
    public int InnerId => Numbers("NSpid") is [.., var last] ? (int)last : Id;

    public string Name => Field("Name");

    public uint RealUid => Numbers("Uid")[0];

    public uint EffectiveUid => Numbers("Uid")[1];

    /// <summary>The user that files are opened as.</summary>
    public uint FileUid => Numbers("Uid")[3];

    /// <summary>The groups that files are opened with.</summary>
    public IReadOnlyList<uint> FileGroups => [Numbers("Gid")[3], .. Numbers("Groups")];

    public ulong Effective => Set("CapEff");

    public ulong Permitted => Set("CapPrm");

    public ulong Inheritable => Set("CapInh");

    public ulong Bounding => Set("CapBnd");

    public ulong Ambient => Set("CapAmb");

    /// <summary>The signals that have handlers, the first in the lowest bit.</summary>
    public ulong Caught => Set("SigCgt");

    public bool NoNewPrivileges => Field("NoNewPrivs") == "1";

    /// <summary>0 none, 1 strict, 2 filters.</summary>
    public int SeccompMode => (int)Numbers("Seccomp")[0];

    public string AllowedCpus => Field("Cpus_allowed_list");

    /// <summary>Kilobytes of address space in use.</summary>
    public ulong AddressSpace => Kilobytes("VmSize");

    public ulong Data => Kilobytes("VmData");

    /// <summary>Hundredths of a second of processor time that the process has used, in the kernel and outside.</summary>
    public ulong CpuTicks
    {
        get
        {
            // The name stands in parentheses and may hold anything; utime and stime are fields 14 and 15.
            string stat = Text($"/proc/{Id}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields.Length > 12 && ulong.TryParse(fields[11], CultureInfo.InvariantCulture, out ulong user) && ulong.TryParse(fields[12], CultureInfo.InvariantCulture, out ulong system)
                ? user + system
                : 0;
        }
    }

    public MountTable Mounts => _mounts.Value;

    public IReadOnlyList<IdExtent> Uids => _uids.Value;

    public IReadOnlyList<IdExtent> Gids => _gids.Value;

    public IReadOnlyList<ProcessLimit> Limits => _limits.Value;

    /// <summary>Whether its user namespace is the host's first one: only there does a capability reach the host.</summary>
    public bool IsInitialUserNamespace => Uids is [{ Inside: 0, Outside: 0, Count: uint.MaxValue }];

    public string Executable => Link("exe");

    public static ProcessFacts? TryRead(int id)
    {
        Dictionary<string, string> status = [];
        foreach (string line in Text($"/proc/{id}/status").Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                status[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        return status.ContainsKey("Uid") ? new ProcessFacts(id, status) : null;
    }

    public bool Has(int capability) => (Effective & (1UL << capability)) != 0;

    /// <summary><c>mnt:[4026531841]</c> for <c>mnt</c>.</summary>
    public string Namespace(string kind) => Link($"ns/{kind}");

    public string Link(string name)
    {
        try
        {
            return new FileInfo($"/proc/{Id}/{name}").LinkTarget ?? "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The whole of a small file, or nothing where it cannot be read.</summary>
    internal static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private string Field(string name) => _status.GetValueOrDefault(name, "");

    private List<uint> Numbers(string name)
    {
        List<uint> numbers = [.. Field(name).Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries).Select(static word => uint.Parse(word, CultureInfo.InvariantCulture))];
        return numbers.Count > 0 || name is "Groups" or "NSpid" ? numbers : [0];
    }

    private ulong Set(string name) => ulong.TryParse(Field(name), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong set) ? set : 0;

    private ulong Kilobytes(string name) => ulong.TryParse(Field(name).Split(' ')[0], CultureInfo.InvariantCulture, out ulong size) ? size : 0;
}

/// <summary>One line of /proc/pid/limits; <see cref="ulong.MaxValue"/> is no limit.</summary>
public readonly record struct ProcessLimit(string Name, ulong Soft, ulong Hard)
{
    // The kernel's titles, and docker's names for --ulimit.
    private static readonly (string Title, string Name)[] s_titles =
    [
        ("Max cpu time", "cpu"), ("Max file size", "fsize"), ("Max data size", "data"), ("Max stack size", "stack"), ("Max core file size", "core"),
        ("Max resident set", "rss"), ("Max processes", "nproc"), ("Max open files", "nofile"), ("Max locked memory", "memlock"), ("Max address space", "as"),
        ("Max file locks", "locks"), ("Max pending signals", "sigpending"), ("Max msgqueue size", "msgqueue"), ("Max nice priority", "nice"),
        ("Max realtime priority", "rtprio"), ("Max realtime timeout", "rttime"),
    ];

    // In the order of <asm-generic/resource.h>.
    private static readonly string[] s_numbered =
        ["cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as", "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"];

    public static string? NameOf(int number) => number >= 0 && number < s_numbered.Length ? s_numbered[number] : null;

    public static IReadOnlyList<ProcessLimit> Parse(string text)
    {
        List<ProcessLimit> limits = [];
        foreach (string line in text.Split('\n'))
        {
            foreach ((string title, string name) in s_titles)
            {
                if (line.StartsWith(title, StringComparison.Ordinal)
                    && line[title.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, var hard, ..])
                {
                    limits.Add(new ProcessLimit(name, Number(soft), Number(hard)));
                }
            }
        }

        return limits;
    }

    private static ulong Number(string text) => ulong.TryParse(text, CultureInfo.InvariantCulture, out ulong number) ? number : ulong.MaxValue;
}
