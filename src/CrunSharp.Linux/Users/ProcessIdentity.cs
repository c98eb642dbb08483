namespace CrunSharp.Linux;

/// <summary>A process named for good: its number, and when it started.</summary>
/// <param name="StartTime">Field 22 of /proc/PID/stat, in clock ticks since boot.</param>
public readonly record struct ProcessIdentity(int Pid, ulong StartTime)
{
    /// <summary>The process of this number; null when there is none.</summary>
    public static ProcessIdentity? Of(int pid)
    {
        try
        {
            return ParseStartTime(File.ReadAllText($"/proc/{pid}/stat")) is { } start ? new ProcessIdentity(pid, start) : null;
        }
        catch (IOException)
        {
            // Gone; ESRCH while reading is an IOException too.
            return null;
        }
    }

    /// <summary>Whether this number still is the same process. A zombie still is.</summary>
    public bool Exists() => Of(Pid) == this;

    internal static ulong? ParseStartTime(string stat)
    {
        // The name, field 2, may hold anything, ')' included: count from the last one.
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 19 && ulong.TryParse(fields[19], out ulong start) ? start : null;
    }
}
