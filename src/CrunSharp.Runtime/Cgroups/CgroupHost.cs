using System.Text;
using CrunSharp.Linux;

namespace CrunSharp.Runtime;

/// <summary>Which cgroup hierarchies this host has, as /proc/self/mountinfo shows them.</summary>
/// <param name="Unified">Where cgroup2 is mounted; beside version 1 it has no controllers.</param>
internal sealed record CgroupHost(CgroupLayout Layout, IReadOnlyList<CgroupHierarchy> Hierarchies, string? Unified)
{
    private const string Usual = "/sys/fs/cgroup";
    private const ulong CGROUP2_SUPER_MAGIC = 0x63677270;

    public static CgroupHost Read()
    {
        // Almost every host of today: one call instead of a list of all mounts.
        if (HostPaths.FileSystemKind(Usual) == CGROUP2_SUPER_MAGIC)
        {
            return new CgroupHost(CgroupLayout.Unified, [], Usual);
        }

        byte[]? mounts = Descriptors.TryReadAll("/proc/self/mountinfo");
        return Parse(mounts is null ? "" : Encoding.UTF8.GetString(mounts));
    }

    /// <remarks>proc(5), /proc/pid/mountinfo.</remarks>
    internal static CgroupHost Parse(string mountInfo)
    {
        List<CgroupHierarchy> hierarchies = [];
        string? unified = null;

        // ID PARENT DEVICE ROOT POINT ... - TYPE SOURCE OPTIONS
        Span<Range> fields = stackalloc Range[6];
        Span<Range> tail = stackalloc Range[4];
        foreach (ReadOnlySpan<char> line in mountInfo.AsSpan().EnumerateLines())
        {
            int dash = line.IndexOf(" - cgroup", StringComparison.Ordinal);
            if (dash < 0)
            {
                continue;
            }

            ReadOnlySpan<char> end = line[(dash + 3)..];
            if (line[..dash].Split(fields, ' ') < 5 || end.Split(tail, ' ') < 3)
            {
                continue;
            }

            string mountPoint = line[fields[4]].ToString();
            if (end[tail[0]] is "cgroup2")
            {
                unified ??= mountPoint;
            }
            else if (end[tail[0]] is "cgroup")
            {
                hierarchies.Add(new CgroupHierarchy(Controllers(end[tail[2]]), mountPoint));
            }
        }

        CgroupLayout layout = hierarchies.Count > 0 ? CgroupLayout.Legacy
            : unified is not null ? CgroupLayout.Unified
            : CgroupLayout.None;
        return new CgroupHost(layout, hierarchies, unified);
    }

    /// <summary>The hierarchy that has the controller; null when the host has none.</summary>
    public CgroupHierarchy? Find(string controller)
    {
        foreach (CgroupHierarchy hierarchy in Hierarchies)
        {
            foreach (Range part in hierarchy.Options.AsSpan().Split(','))
            {
                if (hierarchy.Options.AsSpan(part).SequenceEqual(controller))
                {
                    return hierarchy;
                }
            }
        }

        return null;
    }

    private static string Controllers(ReadOnlySpan<char> options)
    {
        string controllers = "";
        foreach (Range part in options.Split(','))
        {
            if (IsController(options[part]))
            {
                controllers += controllers.Length == 0 ? options[part].ToString() : $",{options[part]}";
            }
        }

        return controllers;
    }

    // The rest are options of the mount, not names of what it controls.
    private static bool IsController(ReadOnlySpan<char> option) =>
        option is not ("rw" or "ro" or "clone_children" or "xattr" or "noprefix" or "cpuset_v2_mode")
        && !option.StartsWith("release_agent=", StringComparison.Ordinal);
}
