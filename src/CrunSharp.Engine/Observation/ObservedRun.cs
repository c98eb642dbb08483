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
/// <param name="Capabilities">Those that are added where their limit is lifted.</param>
public sealed record ObservedRun(int Descriptor, Lift? Lift, ulong Capabilities)
{
    public static ObservedRun Parse(string text)
    {
        string[] parts = text.Split(',');
        Lift lift = default;
        ulong capabilities = ulong.MaxValue;
        bool isOne = int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int descriptor)
            && (parts.Length == 1 || (parts.Length == 3 && Enum.TryParse(parts[1], ignoreCase: true, out lift)
                && ulong.TryParse(parts[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out capabilities)));
        return isOne
            ? new ObservedRun(descriptor, parts.Length == 3 ? lift : null, capabilities)
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
