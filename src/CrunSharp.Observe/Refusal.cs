using System.Text.RegularExpressions;

namespace CrunSharp.Observe;

/// <summary>A call that was refused, by whom, and whether it mattered.</summary>
public sealed partial class Refusal
{
    internal Refusal(ProcessWitness process, string name, string text, int errno, Verdict verdict)
    {
        Process = process;
        Name = name;
        Text = text;
        Errno = errno;
        Verdict = verdict;
        Program = process.Program;
    }

    /// <summary>The program that made the call.</summary>
    public string Program { get; }

    /// <summary>The program's process as the container counts.</summary>
    public int Pid => Process.InnerId;

    /// <summary>The call's name.</summary>
    public string Name { get; }

    /// <summary>The call with its arguments.</summary>
    public string Text { get; }

    /// <summary>The same for the same call in another run, where numbers of processes and addresses are others.</summary>
    public string Key => KeyOf(Program, Text);

    /// <summary>0 where no error was answered: something was hidden or ignored, or the process was killed.</summary>
    public int Errno { get; }

    /// <summary>What happened in place of an error, where <see cref="Errno"/> is 0.</summary>
    public string Outcome { get; internal init; } = "shows nothing";

    public Verdict Verdict { get; internal set; }

    public int Count { get; internal set; } = 1;

    /// <summary>Whether the program printed what this error is called.</summary>
    public bool WasTold { get; internal set; }

    /// <summary>Whether the same call came through later.</summary>
    public bool WasRetried { get; internal set; }

    public bool WasKilled { get; internal init; }

    /// <summary>Which of all events of the run it was.</summary>
    internal int Order { get; set; }

    internal ProcessWitness Process { get; }

    /// <summary>Whether the program's end or words have to do with it: the rest was probing.</summary>
    public bool Mattered => WasKilled || (!WasRetried && (WasTold || (Process.Status is { } status && status != 0 && Verdict.Weight switch
    {
        Weight.Full => true,
        Weight.IfNothingElse => !Process.Refusals.Exists(static other => other.Verdict.Weight == Weight.Full && other.Mattered),
        _ => false,
    })));

    internal static string KeyOf(string program, string text) => $"{program}: {Addresses().Replace(text, "*")}";

    // Hexadecimal ones, and decimal ones of a heap that lies low.
    [GeneratedRegex("0x[0-9a-f]{6,}|[0-9]{7,}")]
    private static partial Regex Addresses();
}

/// <summary>What was seen of one run.</summary>
public sealed record Observation
{
    /// <summary>Whether a program of the container was ever executed.</summary>
    public required bool Began { get; init; }

    /// <summary>Refused by the isolation: first what mattered, the last before an end first.</summary>
    public required IReadOnlyList<Refusal> Refused { get; init; }

    /// <summary>Failed as it would anywhere, and the program ended badly or told of it.</summary>
    public required IReadOnlyList<Refusal> Ordinary { get; init; }

    /// <summary>How many calls failed with which error, those above included.</summary>
    public required IReadOnlyDictionary<string, int> Failures { get; init; }

    /// <summary>What became of the calls that were watched for: the last error of each, or 0.</summary>
    public required IReadOnlyDictionary<string, int> Outcomes { get; init; }

    /// <summary>The last failing call of each process that ended badly, where nothing was refused in it.</summary>
    public required IReadOnlyList<string> LastFailures { get; init; }
}
