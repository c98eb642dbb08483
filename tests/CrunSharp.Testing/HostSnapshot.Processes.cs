using System.Text;

namespace CrunSharp.Testing;

public sealed partial class HostSnapshot
{
    private static readonly string[] s_namespaces = ["pid", "mnt", "user", "net", "ipc", "uts"];
    private static readonly string[] s_helpers = ["crun-sharp", "stage", "monitor", "holder", "slirp4netns", "pasta", "fuse-overlayfs"];

    // A machine always has processes that come and go. Those count that could be ours: in a namespace
    // that is not the test's, or named like our programs and their helpers.
    private static IEnumerable<string> Processes()
    {
        Dictionary<string, string?> own = s_namespaces.ToDictionary(kind => kind, kind => Namespace("self", kind));
        foreach (string pid in Directory.EnumerateDirectories("/proc").Select(path => Path.GetFileName(path)).Where(name => char.IsAsciiDigit(name[0])))
        {
            if (Read($"/proc/{pid}/stat") is not { } stat)
            {
                continue;
            }

            string command = (Read($"/proc/{pid}/cmdline") ?? "").Replace('\0', ' ').Trim();
            string name = stat[(stat.IndexOf('(') + 1)..stat.LastIndexOf(')')];
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');

            // A zombie whose parent does not reap, as some machines' first process, is no process any more.
            if (fields[0] is "Z" or "X")
            {
                continue;
            }

            bool elsewhere = s_namespaces.Any(kind => Namespace(pid, kind) is { } other && own[kind] is { } mine && other != mine);
            if (elsewhere || s_helpers.Any(helper => name.StartsWith(helper, StringComparison.Ordinal)))
            {
                yield return $"process {pid} started at {fields[19]}: {name} {command}";
            }
        }
    }

    private static string? Namespace(string pid, string kind)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/ns/{kind}").LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path, Encoding.Latin1);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
