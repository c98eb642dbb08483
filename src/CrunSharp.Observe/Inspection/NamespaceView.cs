namespace CrunSharp.Observe;

/// <summary>Which namespaces are the container's own, and who else is in them.</summary>
internal static class NamespaceView
{
    private const int MostNames = 3;

    private static readonly (string Kind, string Isolates)[] s_kinds =
    [
        ("mnt", "mounts"), ("pid", "process numbers"), ("net", "interfaces, ports"), ("uts", "host name"), ("ipc", "shared memory, queues"),
        ("user", "ids, capabilities"), ("cgroup", "cgroup paths"), ("time", "boot-time clocks"),
    ];

    public static Section Of(ProcessFacts first, IReadOnlyList<ProcessFacts> processes)
    {
        ProcessFacts host = ProcessFacts.TryRead(Environment.ProcessId)!;
        string pids = first.Namespace("pid"), mounts = first.Namespace("mnt");
        ProcessFacts[] others = [.. processes.Where(process => process.Namespace("mnt") != mounts && process.Namespace("pid") != pids)];
        return new Section("namespaces", "Namespaces", "A shared one is the host's: what happens in it, both see.", ["kind", "isolates", "container", "host", "whose", "who else"],
            [.. s_kinds.Where(kind => first.Namespace(kind.Kind).Length > 0).Select(kind => Row(first, host, others, kind.Kind, kind.Isolates))]);
    }

    private static string[] Row(ProcessFacts first, ProcessFacts host, ProcessFacts[] others, string kind, string isolates)
    {
        string own = first.Namespace(kind), hosts = host.Namespace(kind);
        string[] names = [.. others.Where(process => process.Namespace(kind) == own).Select(static process => process.Name)];
        string who = names.Length == 0 ? "nobody"
            : own == hosts ? $"the host's {names.Length}"
            : string.Join(", ", names.Distinct().Take(MostNames)) + (names.Distinct().Count() > MostNames ? ", ..." : "");
        return [kind, isolates, Number(own), Number(hosts), own == hosts ? "shared" : "own", who];
    }

    private static string Number(string link) => link[(link.IndexOf('[', StringComparison.Ordinal) + 1)..].TrimEnd(']');
}
