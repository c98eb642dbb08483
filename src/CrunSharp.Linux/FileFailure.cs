using System.Runtime.InteropServices;

namespace CrunSharp.Linux;

/// <summary>Reads the framework's exceptions about files: the executables carry its resources' keys, not its sentences.</summary>
public static class FileFailure
{
    private const int ENOENT = 2;
    private const int EACCES = 13;
    private const int ENAMETOOLONG = 36;

    /// <summary>Why, in the system's words.</summary>
    public static string Reason(Exception failure) => failure switch
    {
        LinuxException refused => refused.Reason,
        UnauthorizedAccessException => Word(EACCES),
        FileNotFoundException or DirectoryNotFoundException => Word(ENOENT),
        PathTooLongException => Word(ENAMETOOLONG),

        // Other failures bring the errno itself; the framework's own numbers are negative.
        IOException { HResult: > 0 and < 4096 } => Word(failure.HResult),
        _ => failure.Message,
    };

    /// <summary>What, and why: a key's arguments are the names of files.</summary>
    public static string Describe(Exception failure)
    {
        if (failure is LinuxException)
        {
            return failure.Message;
        }

        string reason = Reason(failure);
        int comma = failure.Message.IndexOf(", ", StringComparison.Ordinal);

        // A sentence has spaces before its first comma, a key has none.
        return reason == failure.Message || comma < 0 || failure.Message.AsSpan(0, comma).Contains(' ')
            ? reason
            : $"'{failure.Message[(comma + 2)..]}': {reason}";
    }

    private static string Word(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
