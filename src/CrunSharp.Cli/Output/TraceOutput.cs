using CrunSharp.Explain;
using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Cli.Output;

/// <summary>Where a timeline goes: the terminal, or a file whose ending says in which form.</summary>
internal static class TraceOutput
{
    private const int UsualWidth = 110;

    /// <param name="file">Empty: lines on the error output, as the program's own output may go to a pipe.</param>
    /// <exception cref="CrunException">The file cannot be written; said before anything is launched.</exception>
    public static Action<LaunchTrace> To(string file)
    {
        if (file.Length == 0)
        {
            return static trace => Console.Error.Write(TraceGantt.Draw(trace, Terminal.GetSize(2) is var (columns, _) ? (int)columns : UsualWidth));
        }

        Func<LaunchTrace, byte[]> form = Path.GetExtension(file).ToLowerInvariant() switch
        {
            ".json" => TraceJson.Write,
            ".html" or ".htm" => static trace => System.Text.Encoding.UTF8.GetBytes(TraceHtml.Write(trace)),
            ".txt" => static trace => System.Text.Encoding.UTF8.GetBytes(TraceGantt.Draw(trace, UsualWidth)),
            string other => throw new CrunException($"cannot write the timeline to '{file}'", other.Length == 0 ? "its name has no ending that says in which form" : $"there is no form for '{other}'")
            {
                Hints = ["end it in .json (Chrome's trace events), .html or .txt"],
            },
        };
        FileStream stream;
        try
        {
            stream = new FileStream(file, FileMode.Create, FileAccess.Write);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CrunException($"cannot write the timeline to '{file}'", failure.Message, failure);
        }

        return trace =>
        {
            using (stream)
            {
                stream.Write(form(trace));
            }
        };
    }
}
