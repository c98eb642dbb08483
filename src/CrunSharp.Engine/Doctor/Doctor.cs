namespace CrunSharp.Engine;

/// <summary>Tries what crun-sharp needs of this host, thing by thing.</summary>
public static partial class Doctor
{
    /// <summary>All findings, in the order in which a container meets them. Nothing is left behind.</summary>
    public static IReadOnlyList<Finding> Examine() => throw new NotSupportedException();
}
