using System.Globalization;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>Signals by number, name, or name with SIG before it.</summary>
/// <remarks>signal(7); numbers of x86-64 and arm64, which agree.</remarks>
public static class SignalName
{
    private const int Realtime = 34;
    private const int Largest = 64;

    private static readonly string[] s_names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <exception cref="CrunException">There is no such signal.</exception>
    public static int Parse(string text)
    {
        string name = text.ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return number is >= 1 and <= Largest ? number : throw Unknown(text);
        }

        int index = Array.IndexOf(s_names, name);
        return index > 0 ? index : name switch
        {
            "IOT" => 6,
            "CLD" => 17,
            "POLL" => 29,
            ['R', 'T', 'M', 'I', 'N', '+', .. { } offset] when Offset(offset) is { } above && Realtime + above <= Largest => Realtime + above,
            ['R', 'T', 'M', 'A', 'X', '-', .. { } offset] when Offset(offset) is { } below && Largest - below >= Realtime => Largest - below,
            "RTMIN" => Realtime,
            "RTMAX" => Largest,
            _ => throw Unknown(text),
        };
    }

    private static int? Offset(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;

    private static CrunException Unknown(string text) => new($"cannot send the signal '{text}'", "there is none of this name or number")
    {
        Hints = ["kill -l lists them"],
    };
}
