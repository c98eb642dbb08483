using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

/// <summary>Descriptors 0, 1 and 2 of a program in the foreground, and what of them the monitor has to carry.</summary>
/// <remarks>
/// A file or pipe of the user's is handed on as it is. The user's terminal never: the program would be a foreign
/// one on it, so a pipe stands between, as it does with docker. Without -i the input is empty.
/// </remarks>
internal sealed class AttachedStdio : IDisposable
{
    private readonly List<SafeFileHandle> _inside = [];

    private AttachedStdio()
    {
    }

    /// <summary>For the program; null where all three come from a terminal of its own.</summary>
    public IReadOnlyList<SafeFileHandle>? Inside => _inside.Count == 0 ? null : _inside;

    public SafeFileHandle? Input { get; private set; }

    public SafeFileHandle? Output { get; private set; }

    public SafeFileHandle? Error { get; private set; }

    public static AttachedStdio Create(bool interactive, bool terminal)
    {
        AttachedStdio stdio = new();
        if (terminal)
        {
            return stdio;
        }

        if (!interactive)
        {
            stdio._inside.Add(File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read));
        }
        else if (Terminal.Is(0))
        {
            (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
            stdio._inside.Add(read);
            stdio.Input = write;
        }
        else
        {
            stdio._inside.Add(Own(0));
        }

        stdio.Output = stdio.AddOutput(1);
        stdio.Error = stdio.AddOutput(2);
        return stdio;
    }

    /// <summary>Lets go of the program's ends: the monitor must see the end of a pipe when the program closes it.</summary>
    public void Dispose() => _inside.ForEach(static end => end.Dispose());

    private SafeFileHandle? AddOutput(int descriptor)
    {
        if (!Terminal.Is(descriptor))
        {
            _inside.Add(Own(descriptor));
            return null;
        }

        (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
        _inside.Add(write);
        return read;
    }

    private static SafeFileHandle Own(int descriptor) => new(descriptor, ownsHandle: false);
}
