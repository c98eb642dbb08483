using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace CrunSharp.Linux;

/// <summary>Starts the running program anew in this process, with the words that it was given.</summary>
public static unsafe partial class SelfExecution
{
    /// <summary>Executes <c>/proc/self/exe</c> with one more variable in its environment.</summary>
    /// <exception cref="LinuxException">The kernel refused; this process goes on.</exception>
    [DoesNotReturn]
    public static void Restart(string variable, string value)
    {
        // Raw bytes, because an argument need not be UTF-8. Each ends in NUL, so they are C strings as they stand.
        byte[] words = File.ReadAllBytes("/proc/self/cmdline");
        if (setenv(variable, value, 1) < 0)
        {
            throw Answer.Refused($"setenv({variable})");
        }

        fixed (byte* start = words)
        {
            byte** arguments = (byte**)NativeMemory.AllocZeroed((nuint)words.AsSpan().Count((byte)0) + 1, (nuint)sizeof(byte*));
            int count = 0;
            for (int i = 0; i < words.Length; i = Array.IndexOf(words, (byte)0, i) + 1)
            {
                arguments[count++] = start + i;
            }

            execv("/proc/self/exe", arguments);
            LinuxException refusal = Answer.Refused("execv(/proc/self/exe)");
            NativeMemory.Free(arguments);
            throw refusal;
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execv(string path, byte** arguments);
}
