using System.CommandLine;
using System.Globalization;
using CrunSharp.Oci;

namespace CrunSharp.OciVerbs;

/// <summary>Words of the command line that become words of ours.</summary>
internal static class Words
{
    private static readonly string[] s_signals =
    [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    public static ContainerId Id(ParseResult parsed, Argument<string> argument) => ContainerId.Parse(parsed.GetRequiredValue(argument));

    /// <summary>A number, NAME or SIGNAME.</summary>
    public static int Signal(string word)
    {
        if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and <= 64)
        {
            return number;
        }

        string name = word.ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        int index = Array.IndexOf(s_signals, name switch { "IOT" => "ABRT", "POLL" => "IO", "CLD" => "CHLD", _ => name });
        if (index >= 0)
        {
            return index + 1;
        }

        // The C library keeps 32 and 33 to itself, so its first is 34.
        if (name.StartsWith("RTMIN", StringComparison.Ordinal) && Offset(name[5..]) is >= 0 and <= 30 and int up)
        {
            return 34 + up;
        }

        return name.StartsWith("RTMAX", StringComparison.Ordinal) && Offset(name[5..]) is <= 0 and >= -30 and int down
            ? 64 + down
            : throw new CrunException("cannot send the signal", $"unknown signal \"{word}\"");
    }

    private static int? Offset(string text) =>
        text.Length == 0 ? 0 : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int offset) ? offset : null;
}
