using System.Globalization;
using System.Text;
using CrunSharp.Linux;

namespace CrunSharp.Bench;

/// <summary>The processes of the host at one moment.</summary>
internal sealed class ProcessTable
{
    private readonly Dictionary<int, Entry> _entries = [];

    private readonly record struct Entry(int Parent, ulong Started, string Name, string CommandLine);

    public static ProcessTable Read()
    {
        ProcessTable table = new();
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out int pid) && TryRead(pid) is { } entry)
            {
                table._entries[pid] = entry;
            }
        }

        return table;
    }

    /// <summary>What one instance consists of: descendants of its process, newcomers whose command line names it, and theirs.</summary>
    public IReadOnlyList<int> Of(int root, IEnumerable<string> marks, ProcessTable before)
    {
        List<string> words = [.. marks];
        HashSet<int> members = [root];
        foreach ((int pid, Entry entry) in _entries)
        {
            bool isNew = !before._entries.TryGetValue(pid, out Entry earlier) || earlier.Started != entry.Started;
            if (isNew && pid != Environment.ProcessId && words.Any(word => entry.CommandLine.Contains(word, StringComparison.Ordinal)))
            {
                members.Add(pid);
            }
        }

        bool grew = true;
        while (grew)
        {
            grew = false;
            foreach ((int pid, Entry entry) in _entries)
            {
                grew |= members.Contains(entry.Parent) && members.Add(pid);
            }
        }

        return [.. members.Where(_entries.ContainsKey)];
    }

    public string NameOf(int pid) => _entries[pid].Name;

    /// <summary>KiB: private pages, and of shared ones the process's share; 0 when it has ended.</summary>
    /// <remarks>proc_pid_smaps(5), Pss of smaps_rollup.</remarks>
    public static long PssOf(int pid)
    {
        try
        {
            string line = File.ReadLines($"/proc/{pid}/smaps_rollup").First(static line => line.StartsWith("Pss:", StringComparison.Ordinal));
            return long.Parse(line["Pss:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return 0;
        }
    }

    private static Entry? TryRead(int pid)
    {
        try
        {
            if (ProcessStatus.TryRead(pid) is not { HasEnded: false } status)
            {
                return null;
            }

            string stat = File.ReadAllText($"/proc/{pid}/stat");
            string[] after = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            string name = stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..stat.LastIndexOf(')')];
            string commandLine = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/cmdline")).Replace('\0', ' ');
            return new Entry(int.Parse(after[1], CultureInfo.InvariantCulture), status.StartTime, name, commandLine);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or LinuxException)
        {
            // It ended while it was being read.
            return null;
        }
    }
}
