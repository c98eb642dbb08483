using System.Text;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

/// <summary>One process of one boot: a pid alone comes back, with the start time it does not.</summary>
/// <remarks>proc(5), /proc/pid/stat: state is field 3, the start time field 22, in clock ticks since boot.</remarks>
public readonly record struct ProcessIdentity(int Pid, ulong StartTime, string BootId)
{
    private static string? s_bootId;
    private static ProcessIdentity? s_current;

    /// <summary>The boot that we live in.</summary>
    public static string CurrentBoot => s_bootId ??= ReadSmall("/proc/sys/kernel/random/boot_id")?.Trim() ?? "";

    public static ProcessIdentity Current => s_current ??= TryGet(Environment.ProcessId) ?? new(Environment.ProcessId, 0, CurrentBoot);

    /// <summary>A zombie counts as alive: to the kernel its pid is still taken.</summary>
    public static ProcessIdentity? TryGet(int pid) =>
        ReadSmall($"/proc/{pid}/stat") is { } stat && TryParse(stat, out _, out ulong start)
            ? new ProcessIdentity(pid, start, CurrentBoot)
            : null;

    /// <summary>Whether this very process still runs. A zombie does not: where pid 1 reaps nobody, it would stay for ever.</summary>
    public bool IsAlive() =>
        Pid > 0
        && BootId == CurrentBoot
        && ReadSmall($"/proc/{Pid}/stat") is { } stat
        && TryParse(stat, out char state, out ulong start)
        && start == StartTime
        && state is not ('Z' or 'X' or 'x');

    internal static bool TryParse(string stat, out char state, out ulong startTime)
    {
        state = '?';
        startTime = 0;

        // The name stands in parentheses and may hold spaces and parentheses itself: count from the last one.
        int close = stat.LastIndexOf(')');
        if (close < 0)
        {
            return false;
        }

        ReadOnlySpan<char> rest = stat.AsSpan(close + 1);
        int field = 2;
        foreach (Range range in rest.Split(' '))
        {
            ReadOnlySpan<char> word = rest[range];
            if (word.IsEmpty)
            {
                continue;
            }

            field++;
            if (field == 3)
            {
                state = word[0];
            }
            else if (field == 22)
            {
                return ulong.TryParse(word, out startTime);
            }
        }

        return false;
    }

    private static string? ReadSmall(string path)
    {
        try
        {
            using SafeFileHandle? file = Descriptors.TryOpen(path, 0);
            Span<byte> bytes = stackalloc byte[1024];
            return file is null ? null : Encoding.UTF8.GetString(bytes[..Descriptors.Read(file, bytes)]);
        }
        catch (LinuxException)
        {
            // A process that ends between open and read answers ESRCH.
            return null;
        }
    }
}
