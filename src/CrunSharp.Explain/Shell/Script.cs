using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>A launch by hand in the making: the shells that it takes, and what each has to do.</summary>
/// <remarks>
/// Outside: as the user, before there is a container. Inside: in the new namespaces, with the host's tree still there.
/// Last: the same shell's end, a chain of exec that ends in the container's program.
/// </remarks>
internal sealed class Script(LaunchFacts facts)
{
    private static readonly (Namespaces Kind, string Option)[] s_kinds =
    [
        (Namespaces.User, "user"), (Namespaces.Mount, "mount"), (Namespaces.Uts, "uts"), (Namespaces.Ipc, "ipc"),
        (Namespaces.Network, "net"), (Namespaces.Pid, "pid"), (Namespaces.Cgroup, "cgroup"), (Namespaces.Time, "time"),
    ];

    private readonly List<Part> _inside = [new Part("inside")];

    public LaunchFacts Facts { get; } = facts;

    public Part Outside { get; } = new("outside");

    /// <summary>What stands right before the command that starts the container.</summary>
    public Part Start { get; } = new("start");

    /// <summary>The shell in the namespaces; another one after each <see cref="GoOn"/>.</summary>
    public Part Inside => _inside[^1];

    public IReadOnlyList<Part> InsideParts => _inside;

    public Part Last { get; } = new("last");

    /// <summary>Commands that execute one another: namespaces to join and to make.</summary>
    public List<string> Starters { get; } = [];

    public Chain Chain { get; } = new();

    /// <summary>Sentences: what this script cannot do.</summary>
    public List<string> Missing { get; } = [];

    /// <summary>C programs by name.</summary>
    public SortedDictionary<string, string> Programs { get; } = new(StringComparer.Ordinal);

    /// <summary>A path of the container, as a shell outside its root has it.</summary>
    public static string InRoot(string path) => Sh.Beneath("root", path);

    /// <summary>A path of the host; the container's own directory is one that the script makes.</summary>
    public string OnHost(string path) => path.StartsWith($"{Facts.Directory}/", StringComparison.Ordinal)
        ? Sh.Beneath("work", path[Facts.Directory.Length..])
        : Sh.Quote(path);

    /// <summary>The shell inside executes a command, and the rest is done by another shell that it ends in.</summary>
    public void GoOn(string command)
    {
        string name = $"inside{_inside.Count + 1}";
        Inside.Line($"exec {command} sh -eu \"$work/{name}\"");
        _inside.Add(new Part(name));
    }

    /// <summary>nsenter into the user's own namespace, for an ordinary user; nothing for root.</summary>
    public string AsRootOfUser => Facts.User is null ? "" : "as_root ";

    public static IEnumerable<string> NamesOf(Namespaces kinds)
    {
        foreach ((Namespaces kind, string option) in s_kinds)
        {
            if (kinds.HasFlag(kind))
            {
                yield return option;
            }
        }
    }

    public static string MapLines(IReadOnlyList<IdMapping> map) =>
        string.Join("\\n", map.Select(static extent => $"{extent.ContainerId} {extent.HostId} {extent.Size}"));
}

/// <summary>The last shell's exec: programs that each change themselves and execute the next, down to the container's.</summary>
internal sealed class Chain
{
    public string? Keyring { get; set; }

    public List<string> Limits { get; } = [];

    /// <summary>Further wrappers: setarch, chrt, ...</summary>
    public List<string> Wrappers { get; } = [];

    /// <summary>Options of setpriv.</summary>
    public List<string> Privileges { get; } = [];

    public bool NoNewPrivileges { get; set; }

    public ReadOnlyMemory<byte> Filter { get; set; }

    public uint FilterFlags { get; set; }

    public ulong Inheritable { get; set; }

    public bool Init { get; set; }

    public string Directory { get; set; } = "/";

    public IReadOnlyList<string> Environment { get; set; } = [];

    public IReadOnlyList<string> Program { get; set; } = [];
}
