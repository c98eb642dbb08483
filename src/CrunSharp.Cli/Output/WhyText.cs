using CrunSharp.Observe;

namespace CrunSharp.Cli.Output;

/// <summary>What <c>why</c> found, for people.</summary>
internal static class WhyText
{
    private const string Margin = "     ";
    private const int MostOthers = 6;

    public static void Write(TextWriter output, int exitCode, Observation seen)
    {
        IReadOnlyList<Refusal> mattered = [.. seen.Refused.Where(static refusal => refusal.Mattered)];
        IReadOnlyList<Refusal> others = [.. seen.Refused.Where(static refusal => !refusal.Mattered)];
        output.WriteLine();
        Wrapped.Write(output, "why: ", Summary(exitCode, mattered.Count, others.Count, seen));
        int number = 0;
        foreach (Refusal refusal in mattered)
        {
            WriteOne(output, ++number, refusal);
        }

        if (others.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Refused, and without consequence that could be seen:");
            foreach (Refusal refusal in others.Take(MostOthers))
            {
                WriteOne(output, ++number, refusal);
            }

            if (others.Count > MostOthers)
            {
                output.WriteLine();
                Wrapped.Write(output, Margin, $"and {others.Count - MostOthers} more, which --format json lists");
            }
        }

        if (seen.Ordinary.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Failed, but not by the container's isolation:");
            foreach (Refusal refusal in seen.Ordinary)
            {
                WriteOne(output, ++number, refusal);
            }
        }

        if (mattered.Count + seen.Ordinary.Count == 0 && exitCode != 0)
        {
            foreach (string last in seen.LastFailures)
            {
                Wrapped.Write(output, Margin, $"no failed call explains the end; the last one was {last}");
            }
        }
    }

    private static string Summary(int exitCode, int mattered, int others, Observation seen)
    {
        string end = exitCode == 0 ? "the program ended well" : $"the program ended with {exitCode}";
        string failed = seen.Failures.Count == 0 ? "no call failed"
            : $"calls that failed: {string.Join(", ", seen.Failures.OrderByDescending(static pair => pair.Value).Select(static pair => $"{pair.Key} {pair.Value}"))}";
        int unknown = seen.Refused.Count(static refusal => refusal.Verdict.Layer == Layer.Unknown);
        string refused = mattered + others == 0 ? "the isolation refused nothing"
            : $"the isolation refused {mattered + others - unknown}{(unknown > 0 ? $", and {unknown} nobody knows who" : "")}{(others > 0 ? $"; {mattered} of them mattered" : "")}";
        return $"{end}; {refused}; {failed}";
    }

    private static void WriteOne(TextWriter output, int number, Refusal refusal)
    {
        string answer = refusal.WasKilled ? "" : refusal.Errno == 0 ? $": {refusal.Outcome}" : $": {Errno.Words(refusal.Errno)} ({Errno.Name(refusal.Errno)})";
        string times = refusal.Count > 1 ? $", {refusal.Count} times" : "";
        output.WriteLine();
        Wrapped.Write(output, $"{number,3}. ", $"{refusal.Text}{answer}{times}");
        Wrapped.Write(output, $"{Margin}by        ", $"{refusal.Program}, process {refusal.Pid} of the container");
        Wrapped.Write(output, $"{Margin}layer     ", $"{LayerNames.Of(refusal.Verdict.Layer)}: {refusal.Verdict.Detail}");
        WriteAll(output, "evidence", refusal.Verdict.Evidence);
        WriteAll(output, "behind it", refusal.Verdict.Behind);
        WriteAll(output, "allow it", refusal.Verdict.Allow);
        if (refusal.Verdict.Doubt.Count > 0)
        {
            Wrapped.Write(output, $"{Margin}doubt     ", "--repeat runs it again, with one layer lifted at a time");
        }
    }

    private static void WriteAll(TextWriter output, string title, IReadOnlyList<string> texts)
    {
        for (int i = 0; i < texts.Count; i++)
        {
            Wrapped.Write(output, $"{Margin}{(i == 0 ? title : ""),-10}", texts[i]);
        }
    }
}
