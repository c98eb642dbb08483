using System.Globalization;

namespace CrunSharp.Observe;

/// <summary>A cgroup's directory, as the host sees it.</summary>
public sealed record CgroupPlace(string Directory, string Name)
{
    private const string Top = "/sys/fs/cgroup";

    /// <summary>The process's cgroup that controls <paramref name="controller"/>, and those above it.</summary>
    public static IEnumerable<CgroupPlace> Of(int pid, string controller)
    {
        foreach (string line in ProcessFacts.Text($"/proc/{pid}/cgroup").Split('\n'))
        {
            string[] parts = line.Split(':', 3);
            if (parts.Length < 3 || !(parts[1].Split(',').Contains(controller) || (parts[0] == "0" && File.Exists($"{Top}/cgroup.controllers"))))
            {
                continue;
            }

            string top = parts[0] == "0" ? Top : MountOf(controller);
            for (string name = parts[2]; name.Length > 1 && !name.StartsWith("/..", StringComparison.Ordinal); name = Path.GetDirectoryName(name) ?? "/")
            {
                yield return new CgroupPlace($"{top}{name}", name);
            }

            yield break;
        }
    }

    public string? Text(string file) => ProcessFacts.Text($"{Directory}/{file}").Trim() is { Length: > 0 } text ? text : null;

    /// <summary>Null where there is no such file, or it says 'max'.</summary>
    public long? Number(string file) => long.TryParse(Text(file), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>The number behind a word, in a file of such lines.</summary>
    public long? Counter(string file, string word)
    {
        foreach (string line in (Text(file) ?? "").Split('\n'))
        {
            if (line.Split(' ') is [var name, var number] && name == word && long.TryParse(number, CultureInfo.InvariantCulture, out long count))
            {
                return count;
            }
        }

        return null;
    }

    private static string MountOf(string controller)
    {
        MountTable mounts = MountTable.Parse(ProcessFacts.Text("/proc/self/mountinfo"));
        return mounts.Entries.FirstOrDefault(entry => entry.Type == "cgroup" && entry.SuperOptions.Split(',').Contains(controller))?.Point ?? $"{Top}/{controller}";
    }
}

/// <summary>How many processes the memory cgroup had killed when the observation began.</summary>
internal sealed class CgroupBaseline
{
    private readonly IReadOnlyList<(CgroupPlace Place, long Kills)> _before;

    private CgroupBaseline(IReadOnlyList<(CgroupPlace, long)> before) => _before = before;

    public static CgroupBaseline Of(int pid) => new([.. CgroupPlace.Of(pid, "memory").Select(static place => (place, KillsOf(place)))]);

    /// <summary>The lowest cgroup in which the kernel has killed since.</summary>
    public (string Name, long Count, string Limit)? NewKills()
    {
        foreach ((CgroupPlace place, long kills) in _before)
        {
            if (KillsOf(place) - kills is > 0 and var more)
            {
                return (place.Name, more, place.Text("memory.max") ?? place.Text("memory.limit_in_bytes") ?? "reached");
            }
        }

        return null;
    }

    private static long KillsOf(CgroupPlace place) => place.Counter("memory.events", "oom_kill") ?? place.Counter("memory.oom_control", "oom_kill") ?? 0;
}
