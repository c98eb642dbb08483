using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Linux;

/// <summary>What /proc says of a process: its state's letter, and the clock tick of its start, which no successor shares.</summary>
/// <remarks>proc(5), /proc/pid/stat fields 3 and 22.</remarks>
public readonly record struct ProcessStatus(char State, ulong StartTime)
{
    /// <summary>A zombie has ended: where process 1 reaps no orphans, it stays for ever.</summary>
    public bool HasEnded => State is 'Z' or 'X' or 'x';

    /// <summary>Null when there is no process of this number.</summary>
    public static ProcessStatus? TryRead(int pid)
    {
        Span<byte> bytes = stackalloc byte[1024];
        try
        {
            using SafeFileHandle? file = Descriptors.TryOpen($"/proc/{pid}/stat", 0);
            return file is null ? null : Parse(bytes[..Descriptors.Read(file, bytes)]);
        }
        catch (LinuxException failure) when (failure.Errno == ESRCH)
        {
            return null;
        }
    }

    internal static ProcessStatus? Parse(ReadOnlySpan<byte> stat)
    {
        // The name stands in parentheses and may hold both spaces and parentheses: count from the last one.
        int end = stat.LastIndexOf((byte)')');
        if (end < 0 || end + 2 >= stat.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = stat[(end + 2)..];
        char state = (char)rest[0];
        for (int field = 3; field < 22; field++)
        {
            int space = rest.IndexOf((byte)' ');
            if (space < 0)
            {
                return null;
            }

            rest = rest[(space + 1)..];
        }

        return Utf8Parser.TryParse(rest, out ulong start, out _) ? new ProcessStatus(state, start) : null;
    }

    private const int ESRCH = 3;
}
