using System.Globalization;
using System.Text;
using CrunSharp.Linux;
using CrunSharp.Observe;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

/// <summary>The end of a run that <c>why</c> observes: it says which process is the container's, and waits until that is followed.</summary>
/// <param name="Descriptor">A socket that the observer left open for this program.</param>
/// <param name="Lift">A layer to be left out of this run.</param>
public sealed record ObservedRun(int Descriptor, Lift? Lift)
{
    public static ObservedRun Parse(string text)
    {
        string[] parts = text.Split(',');
        Lift lift = default;
        bool isOne = parts.Length <= 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && (parts.Length == 1 || Enum.TryParse(parts[1], ignoreCase: true, out lift));
        return isOne
            ? new ObservedRun(int.Parse(parts[0], CultureInfo.InvariantCulture), parts.Length == 2 ? lift : null)
            : throw new CrunException("cannot use --observed", "it is what 'crun-sharp why' gives to the run that it starts");
    }

    internal void Announce(int pid, ContainerDirectory directory)
    {
        using SafeFileHandle socket = Descriptors.Adopt(Descriptor);
        Descriptors.Write(socket, Encoding.UTF8.GetBytes($"{pid} {directory.Path}"));
        if (Descriptors.Read(socket, stackalloc byte[1]) == 0)
        {
            throw new CrunException("cannot be observed", "the observer is gone");
        }
    }
}
