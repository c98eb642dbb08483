using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>The program that a specification's seccomp section becomes, for those who load it themselves.</summary>
public static class CompiledFilter
{
    /// <summary>An array of <c>struct sock_filter</c>; null where the specification has no filter.</summary>
    public static byte[]? Of(Spec spec) => spec.Linux is { Seccomp: { IsEmpty: false } section }
        ? SeccompFilter.Compile(SeccompProfile.Parse(section.Span)).Filter.ToArray()
        : null;
}
