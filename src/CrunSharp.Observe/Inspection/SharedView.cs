namespace CrunSharp.Observe;

/// <summary>What a container has in common with its host because it has no kernel of its own.</summary>
internal static class SharedView
{
    private static readonly (string What, string Path)[] s_files =
    [
        ("kernel version", "/proc/sys/kernel/osrelease"), ("kernel build", "/proc/version"), ("boot id", "/proc/sys/kernel/random/boot_id"), ("command line of the boot", "/proc/cmdline"),
        ("entropy", "/proc/sys/kernel/random/entropy_avail"), ("uptime", "/proc/uptime"), ("load of the host", "/proc/loadavg"), ("memory of the host", "/proc/meminfo"),
        ("processors", "/proc/cpuinfo"), ("CPU time of the host", "/proc/stat"), ("modules", "/proc/modules"), ("file systems", "/proc/filesystems"), ("block devices", "/proc/partitions"),
        ("swap", "/proc/swaps"), ("interrupts", "/proc/interrupts"), ("keys", "/proc/keys"), ("symbols of the kernel", "/proc/kallsyms"),
        ("hardware names", "/sys/class/dmi/id/product_name"), ("network interfaces", "/proc/net/dev"), ("mounts", "/proc/mounts"),
    ];

    public static Section Of(ProcessFacts first)
    {
        List<string[]> rows = [];
        foreach ((string what, string path) in s_files)
        {
            string host = ProcessFacts.Text(path);
            if (host.Length == 0)
            {
                continue;
            }

            // procfs answers 'self' to whoever asks: go by the process's own directory.
            string inside = ProcessFacts.Text(path switch
            {
                "/proc/net/dev" => $"/proc/{first.Id}/net/dev",
                "/proc/mounts" => $"/proc/{first.Id}/mounts",
                _ => $"/proc/{first.Id}/root{path}",
            });
            rows.Add([what, inside.Length == 0 ? "hidden" : Names(inside) == Names(host) ? "the host's" : "its own", $"{path}: {(inside.Length == 0 ? "nothing" : First(inside))}"]);
        }

        bool hasClock = first.Namespace("time") != ProcessFacts.TryRead(Environment.ProcessId)!.Namespace("time");
        rows.Add(["clock", "the host's", hasClock ? "the time of day; boot-time clocks have an offset of their own" : "the time of day and the time since boot"]);
        rows.Add(["page cache", "the host's", "a file read by two containers is in memory once"]);
        rows.Add(["scheduler, memory", "the host's", "a fault in it is a fault of every container"]);
        return new Section("shared", "Still shared with the host", "One kernel: what stands here is no virtual machine's.", ["what", "whose", "as the container sees it"], rows);
    }

    // Counters differ from one reading to the next: what is named, not the numbers, says whose it is.
    private static string Names(string text)
    {
        string names = string.Concat(text.Where(static letter => !char.IsAsciiDigit(letter) && letter is not (' ' or '.')));
        return names.Trim('\n').Length == 0 ? "numbers" : names;
    }

    private static string First(string text)
    {
        string line = text.Split('\n')[0].Trim().Replace('\t', ' ');
        return line.Length > 60 ? $"{line[..57]}..." : line;
    }
}
