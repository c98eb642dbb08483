using System.Globalization;

namespace CrunSharp.Observe;

/// <summary>Limits of the container's cgroup, and what it uses now.</summary>
internal static class CgroupView
{
    private static readonly (string Controller, string What, string Limit, string Now)[] s_files =
    [
        ("memory", "memory, bytes", "memory.max", "memory.current"), ("memory", "memory, bytes", "memory.limit_in_bytes", "memory.usage_in_bytes"),
        ("memory", "swap, bytes", "memory.swap.max", "memory.swap.current"), ("memory", "killed for memory", "", "memory.events"),
        ("pids", "processes", "pids.max", "pids.current"),
        ("cpu", "CPU time per period, us", "cpu.max", "cpu.stat"), ("cpu", "CPU time per period, us", "cpu.cfs_quota_us", "cpu.stat"),
        ("cpu", "CPU weight", "cpu.weight", ""), ("cpu", "CPU shares", "cpu.shares", ""),
        ("cpuset", "CPUs", "cpuset.cpus", "cpuset.cpus.effective"),
        ("devices", "devices", "devices.list", ""),
    ];

    public static Section Of(ProcessFacts first)
    {
        List<string[]> rows = [];
        foreach ((string controller, string what, string limit, string now) in s_files)
        {
            if (CgroupPlace.Of(first.Id, controller).FirstOrDefault() is { } place && File.Exists($"{place.Directory}/{(limit.Length > 0 ? limit : now)}"))
            {
                rows.Add([what, limit.Length == 0 ? "" : Limit(place.Text(limit) ?? "none"), now.Length == 0 ? "" : Now(place.Text(now) ?? ""), limit.Length > 0 ? limit : now]);
            }
        }

        return new Section("cgroup", "Control group", rows.Count == 0 ? "None of its own: this user may make none here." : $"At {CgroupPlace.Of(first.Id, "memory").FirstOrDefault()?.Name}", ["what", "limit", "now", "file"], rows);
    }

    // What version 1 calls no limit is the largest number of pages.
    private static string Limit(string text) => text is "max" or "-1" || (long.TryParse(text, CultureInfo.InvariantCulture, out long number) && number > 1L << 60) ? "none"
        : text.Contains('\n', StringComparison.Ordinal) ? $"{text.Split('\n').Length} rules" : text;

    private static string Now(string text) => text.Split('\n') is [var first, _, ..] lines ? lines.FirstOrDefault(static line => line.StartsWith("oom_kill ", StringComparison.Ordinal)) ?? first : text;
}
