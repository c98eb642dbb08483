using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>The user namespace that an ordinary user's engine runs in: one per user, kept open by a holder process.</summary>
/// <remarks>
/// native/main joins it before the .NET runtime exists. Where there is none yet, <see cref="Ensure"/> makes it
/// and executes the program anew.
/// </remarks>
public static partial class UserNamespace
{
    /// <summary>The caller outside; null when the engine runs as root and joined nothing.</summary>
    public static OuterUser? Outer => s_outer.Value;

    /// <summary>Whether an ordinary user called, and the engine is root in that user's own namespace only.</summary>
    public static bool IsRootless => Outer is not null;

    /// <summary>Returns when the engine may go on: it is root, or it is root in the user's namespace.</summary>
    /// <remarks>May be called twice. Where the namespace must be made first, it does not return: the program starts anew.</remarks>
    /// <exception cref="CrunException">The host lets this user make no user namespace; with the command that mends it.</exception>
    public static void Ensure() => throw new NotSupportedException();
}
