using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>A scope and the slice that it lies in, as <c>linux.cgroupsPath</c> names them for systemd: <c>slice:prefix:name</c>.</summary>
internal readonly record struct SystemdUnitName(string Slice, string Unit)
{
    private const string SliceSuffix = ".slice";
    private const string ScopeSuffix = ".scope";

    /// <exception cref="CrunException">It has another form; runc's words.</exception>
    public static SystemdUnitName Parse(string? cgroupsPath, ContainerId id, bool user)
    {
        string slice = user ? "user.slice" : "system.slice";
        if (cgroupsPath is null or "")
        {
            return new SystemdUnitName(slice, $"crun-sharp-{id}{ScopeSuffix}");
        }

        string[] parts = cgroupsPath.Split(':');
        if (parts.Length != 3 || parts[2].Length == 0)
        {
            throw Refused($"expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"{cgroupsPath}\" instead");
        }

        if (parts[2].EndsWith(SliceSuffix, StringComparison.Ordinal))
        {
            throw Refused($"'{parts[2]}' is a slice, and a container is a scope");
        }

        string unit = parts[1].Length == 0 ? parts[2] : $"{parts[1]}-{parts[2]}";
        if (unit.Contains('/') || parts[0].Contains('/'))
        {
            throw Refused($"'{cgroupsPath}' contains '/'");
        }

        return new SystemdUnitName(parts[0].Length == 0 ? slice : parts[0], unit + ScopeSuffix);
    }

    /// <summary>Where the scope's cgroup is beneath the manager's own.</summary>
    public string Path => $"{PathOf(Slice)}/{Unit}";

    /// <summary>systemd.slice(5): each dash is a level, <c>a-b.slice</c> lies in <c>a.slice</c>; <c>-.slice</c> is the root.</summary>
    internal static string PathOf(string slice)
    {
        if (slice == "-.slice")
        {
            return "";
        }

        string name = slice.EndsWith(SliceSuffix, StringComparison.Ordinal) ? slice[..^SliceSuffix.Length] : "";
        if (name.Length == 0 || name.StartsWith('-') || name.EndsWith('-') || name.Contains("--", StringComparison.Ordinal))
        {
            throw Refused($"'{slice}' is no name of a slice");
        }

        string path = "";
        for (int dash = name.IndexOf('-'); dash >= 0; dash = name.IndexOf('-', dash + 1))
        {
            path += $"/{name[..dash]}{SliceSuffix}";
        }

        return $"{path}/{slice}";
    }

    private static CrunException Refused(string why) => new("cannot use linux.cgroupsPath of config.json", why);
}
