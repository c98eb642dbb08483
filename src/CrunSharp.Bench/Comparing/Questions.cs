namespace CrunSharp.Bench;

/// <summary>What is asked of a host, a container and a machine, in the words of a shell that all of them have.</summary>
internal static class Questions
{
    /// <summary>Stands in the command line of whoever asks, so that the host's list of processes can be searched for it.</summary>
    public const string Marker = "crun-sharp-compare";

    /// <summary>The answer where nobody may know.</summary>
    public const string Refused = "refused";

    private static readonly (string What, string Command)[] s_all =
    [
        ("kernel", "uname -r"),
        ("kernel build", "uname -v"),
        ("host name", "uname -n"),
        ("boot id", "cat /proc/sys/kernel/random/boot_id"),
        ("up since, seconds", "cut -d' ' -f1 /proc/uptime"),
        ("processor", "grep -m1 -i 'model name' /proc/cpuinfo | cut -d: -f2"),
        ("processors", "grep -c ^processor /proc/cpuinfo"),
        ("memory", "grep MemTotal /proc/meminfo | tr -s ' ' | cut -d' ' -f2-"),
        ("command line", "cut -c1-60 /proc/cmdline"),
        ("modules", "cat /proc/modules | wc -l"),
        ("kernel's log, lines", $"l=$(dmesg) && echo \"$l\" | wc -l || echo {Refused}"),
        ("devices in /dev", "ls /dev | wc -l"),
        ("block devices", "tail -n +3 /proc/partitions | wc -l"),
        ("file system of /", "grep ' / ' /proc/mounts | tail -n1 | cut -d' ' -f3"),
        ("processes it sees", "ls -d /proc/[0-9]* | wc -l"),
        ("its first process", "tr '\\0' ' ' < /proc/1/cmdline | cut -c1-60"),
    ];

    /// <summary>One line for each: the number of the question, a tab, the first line of the answer.</summary>
    public static IReadOnlyList<string> Command =>
    [
        "sh", "-c", string.Join('\n', s_all.Select(static (question, index) => $"printf '%s\\t%s\\n' {index} \"$({{ {question.Command}; }} 2>/dev/null | head -n 1)\"")), Marker,
    ];

    public static IReadOnlyList<string> What { get; } = [.. s_all.Select(static question => question.What)];

    /// <summary>The answers in the order of the questions; an empty one where none came.</summary>
    public static string[] Read(string output)
    {
        string[] answers = new string[s_all.Length];
        Array.Fill(answers, "");
        foreach (string line in output.Split('\n'))
        {
            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            if (tab > 0 && int.TryParse(line.AsSpan(0, tab), out int index) && index < answers.Length)
            {
                answers[index] = line[(tab + 1)..].Trim();
            }
        }

        return answers;
    }
}
