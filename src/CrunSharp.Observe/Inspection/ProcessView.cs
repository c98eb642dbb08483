using System.Globalization;

namespace CrunSharp.Observe;

/// <summary>The container's processes, as both sides count them.</summary>
internal static class ProcessView
{
    /// <summary>Everything that runs and that this process may look at.</summary>
    public static IReadOnlyList<ProcessFacts> Living() =>
        [.. Directory.EnumerateDirectories("/proc").Select(static path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? ProcessFacts.TryRead(id) : null).OfType<ProcessFacts>()];

    public static Section Of(ProcessFacts first, IReadOnlyList<ProcessFacts> processes)
    {
        string pids = first.Namespace("pid"), mounts = first.Namespace("mnt");
        bool isShared = pids == ProcessFacts.TryRead(Environment.ProcessId)!.Namespace("pid");
        return new Section("processes", "Processes", "Each is an ordinary process of the host, under another number.", ["pid inside", "pid on the host", "uid inside", "uid outside", "program"],
            [.. processes.Where(process => isShared ? process.Namespace("mnt") == mounts : process.Namespace("pid") == pids).Select(static process => (string[])
            [
                $"{process.InnerId}", $"{process.Id}", $"{process.Uids.ToInside(process.EffectiveUid)}", $"{process.EffectiveUid}", CommandOf(process),
            ])]);
    }

    private static string CommandOf(ProcessFacts process)
    {
        string line = ProcessFacts.Text($"/proc/{process.Id}/cmdline").Replace('\0', ' ').Trim();
        string shown = line.Length == 0 ? $"[{process.Name}]" : line;
        return shown.Length > 60 ? $"{shown[..57]}..." : shown;
    }
}
