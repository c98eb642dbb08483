using System.Globalization;
using System.Text;
using Xunit;

namespace CrunSharp.Testing;

/// <summary>Mounts, cgroups, processes, interfaces, files and locks of the host, to show that something left nothing behind.</summary>
/// <remarks>Tests that compare snapshots belong to a collection that runs alone.</remarks>
public sealed partial class HostSnapshot
{
    private readonly string[] _directories;
    private readonly HashSet<string> _facts;

    private HostSnapshot(string[] directories)
    {
        _directories = directories;
        _facts = [.. Mounts().Concat(Cgroups()).Concat(Processes()).Concat(Interfaces()).Concat(Files()).Concat(Locks())];
    }

    /// <summary>Looks around now. Files and locks are those beneath <paramref name="directories"/>, which need not exist.</summary>
    public static HostSnapshot Take(params string[] directories) => new(directories);

    /// <summary>Fails unless the host is as it was. Waits a little for what the kernel or a dying process still takes away.</summary>
    /// <remarks>Only what is different in every look counts, so that a process which happens to run now does no harm.</remarks>
    public async Task AssertUnchangedAsync(TimeSpan? patience = null)
    {
        DateTime end = DateTime.UtcNow + (patience ?? TimeSpan.FromSeconds(5));
        HashSet<string>? differences = null;
        do
        {
            HashSet<string> now = Compare(Take(_directories));

            // What others ran and ended meanwhile is nothing that we left.
            now.RemoveWhere(static fact => fact.StartsWith("- process ", StringComparison.Ordinal) || fact.StartsWith("- cgroup ", StringComparison.Ordinal));
            if (differences is null)
            {
                differences = now;
            }
            else
            {
                differences.IntersectWith(now);
            }

            if (differences.Count == 0)
            {
                return;
            }

            await Task.Delay(50);
        }
        while (DateTime.UtcNow < end);

        Assert.Fail($"the host is not as it was:\n  {string.Join("\n  ", differences.Order(StringComparer.Ordinal))}");
    }

    /// <summary>What came (+) and what went (-) from this look to <paramref name="later"/>.</summary>
    public HashSet<string> Compare(HostSnapshot later) =>
        [.. later._facts.Except(_facts).Select(fact => $"+ {fact}"), .. _facts.Except(later._facts).Select(fact => $"- {fact}")];

    private static IEnumerable<string> Mounts() =>
        // The first two words are ids that a remount changes; the device number of an overlay is as fleeting.
        Lines("/proc/self/mountinfo").Select(line => line.Split(' ')).Select(words => $"mount {words[4]} {string.Join(' ', words[(Array.IndexOf(words, "-") + 1)..])}");

    private static IEnumerable<string> Cgroups() =>
        Walk("/sys/fs/cgroup", (path, directory) => directory is null ? null : $"cgroup {path}");

    private static IEnumerable<string> Interfaces() =>
        Directory.Exists("/sys/class/net") ? Directory.EnumerateFileSystemEntries("/sys/class/net").Select(path => $"interface {Path.GetFileName(path)}") : [];

    private IEnumerable<string> Files() =>
        _directories.SelectMany(directory => Walk(directory, (path, found) => found is not null || !File.Exists(path)
            ? $"file {path}"
            : $"file {path} of {new FileInfo(path).Length} bytes"));

    private IEnumerable<string> Locks()
    {
        HashSet<string> inodes = [.. _directories.SelectMany(directory => Inodes(directory))];
        return Lines("/proc/locks")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(word => word.Count(letter => letter == ':') == 2))
            .Where(word => word is not null && inodes.Contains(word[(word.LastIndexOf(':') + 1)..]))
            .Select(word => $"lock on {word}");
    }

    private static string[] Inodes(string directory) => Directory.Exists(directory)
        ? Command.Run("find", directory, "-xdev", "-type", "f", "-printf", "%i\n").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        : [];

    private static IEnumerable<string> Walk(string root, Func<string, DirectoryInfo?, string?> describe)
    {
        Stack<string> pending = new([root]);
        while (pending.TryPop(out string? directory))
        {
            List<FileSystemInfo> entries = [];
            try
            {
                entries.AddRange(new DirectoryInfo(directory).EnumerateFileSystemInfos());
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Gone since it was listed, or not ours to read.
            }

            foreach (FileSystemInfo entry in entries)
            {
                bool enter = entry is DirectoryInfo && entry.LinkTarget is null;
                if (Describe(entry, enter) is { } fact)
                {
                    yield return fact;
                }

                if (enter)
                {
                    pending.Push(entry.FullName);
                }
            }
        }

        string? Describe(FileSystemInfo entry, bool directory)
        {
            try
            {
                return describe(entry.FullName, directory ? (DirectoryInfo)entry : null);
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    private static string[] Lines(string path) => File.Exists(path) ? File.ReadAllLines(path, Encoding.Latin1) : [];
}
